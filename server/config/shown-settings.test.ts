import { expect, test } from 'vitest'
import { Settings } from './settings.ts'
import { shownSettings } from './shown-settings.ts'

test('every setting is shown with its value, and no secret, whether it is set or not', () => {
  const secrets = {
    AUTH_SECRET: 'leaks'.repeat(10),
    OPENAI_API_KEY: 'leaks',
    S3_SECRET_ACCESS_KEY: 'leaks',
    GITHUB_CLIENT_SECRET: 'leaks',
    DATABASE_URL: 'postgres://user:leaks@db.example.com/chat',
    SMTP_URL: 'smtp://user:leaks@mail.example.com',
    WAKE_URL: 'redis://:leaks@redis.example.com',
    OPENAI_BASE_URL: 'https://user:leaks@models.example.com/v1',
  }
  const shown = shownSettings(Settings.parse({ ...secrets, LIMIT_RUNS_AT_ONCE: '7' }))
  expect(JSON.stringify(shown)).not.toContain('leaks')
  expect(shown.filter(({ isHidden }) => isHidden).map(({ name }) => name)).toEqual(
    Object.keys(secrets)
      .filter((name) => name !== 'OPENAI_BASE_URL')
      .toSorted(),
  )
  expect(shown).toContainEqual({ name: 'LIMIT_RUNS_AT_ONCE', value: '7', isHidden: false })
  expect(shown).toContainEqual({ name: 'AUTH_MODE', value: 'single', isHidden: false })
  // Whatever is named like one of them is hidden.
  const named = Object.keys(Settings.shape).filter((name) => /KEY|SECRET|PASSWORD|TOKEN/.test(name))
  const every = shownSettings(
    Object.fromEntries(named.map((name) => [name, 'leaks'])) as unknown as Settings,
  )
  expect(every.filter(({ isHidden }) => !isHidden).map(({ name }) => name)).toEqual([
    'LIMIT_TOKENS_PER_DAY',
    'LLM_MAX_TOKENS',
    'RUN_MAX_OUTPUT_TOKENS',
    'S3_ACCESS_KEY_ID',
    'TLS_KEY_FILE',
  ])
})
