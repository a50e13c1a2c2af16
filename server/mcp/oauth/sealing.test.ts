import { mkdtempDisposable, readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readSealingSecret } from './sealing.ts'

const folder = () => mkdtempDisposable(join(tmpdir(), 'sealing-'))

test('processes that make the key at once have the same one, and leave nothing else', async () => {
  await using data = await folder()
  const path = join(data.path, 'not', 'there')
  const secrets = await Promise.all(Array.from({ length: 8 }, () => readSealingSecret(null, path)))
  expect(new Set(secrets.map((secret) => secret.toString('hex'))).size).toBe(1)
  expect(secrets[0]).toHaveLength(32)
  expect(await readdir(path)).toEqual(['mcp-key'])
})

test.each([0, 31])(
  'a key file of %i bytes is refused, for anybody could make its key',
  async (length) => {
    await using data = await folder()
    await writeFile(join(data.path, 'mcp-key'), Buffer.alloc(length))
    await expect(readSealingSecret(null, data.path)).rejects.toThrow('instead of 32')
  },
)
