import { mkdtempDisposableSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkConfig } from '../start-config.ts'

test('a secret can be the content of a file that is named', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'secrets-'))
  const path = join(folder.path, 'secret')
  writeFileSync(path, `${'s'.repeat(40)}\n`)
  const config = await checkConfig({ AUTH_SECRET_FILE: path, OPENAI_API_KEY_FILE: path })
  expect(config.auth.secret).toBe('s'.repeat(40))
  expect(config.model.apiKey).toBe('s'.repeat(40))
})

test('an empty file is told of, and counts for nothing', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'secrets-'))
  const path = join(folder.path, 'secret')
  writeFileSync(path, '\n')
  await expect(checkConfig({ OPENAI_API_KEY_FILE: path })).rejects.toThrow(
    'The settings cannot be used.\n  OPENAI_API_KEY_FILE: the file is empty.',
  )
})

test('a file that is not there, or beside its variable, is told by name and never by value', async () => {
  const env = { AUTH_SECRET_FILE: '/nowhere/leak', SMTP_URL: 'smtp://leak', SMTP_URL_FILE: '/leak' }
  await expect(checkConfig(env)).rejects.toThrow(
    [
      'The settings cannot be used.',
      'AUTH_SECRET_FILE: the file cannot be read (ENOENT).',
      'SMTP_URL_FILE: SMTP_URL is set as well; set one of the two.',
      'MAIL_FROM: must be set too, together with SMTP_URL.',
    ].join('\n  '),
  )
})
