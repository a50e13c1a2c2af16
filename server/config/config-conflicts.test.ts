import { expect, test } from 'vitest'
import { readConfig } from './config.ts'
import { problemsOf } from './testing.ts'

test('a replica needs its primary', () => {
  expect(problemsOf({ DATABASE_READ_URL: 'postgres://replica/chat' })).toEqual([
    expect.stringMatching(/^DATABASE_READ_URL: a replica needs its primary/),
  ])
})

test('every problem is named at once, by variable and never by value', () => {
  const env = {
    SERVER_HOST: '0.0.0.0',
    SERVER_PORT: '65536',
    PUBLIC_URL: 'leak-public',
    BASE_PATH: '/leak//path',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'leak-collector',
    DATABASE_URL: 'mysql://leak:leak@leak/leak',
    OPENAI_BASE_URL: 'ftp://leak',
    OPENAI_API: 'leak-api',
    OPENAI_BACKGROUND: 'leak-background',
    WAKE_URL: 'amqp://leak',
    LLM_TEMPERATURE: '2.1',
    LLM_MAX_TOKENS: '1e9',
    LLM_TIMEOUT: '0',
    RUN_MAX_STEPS: '1.5',
    LLM_CONTEXT_WINDOW: '12',
    RUN_MAX_OUTPUT_TOKENS: '0',
    BUDGET_USD_PER_DAY: '$leak',
    RUN_LEASE_SECONDS: 'leak',
    AUTH_SECRET: 'leak-secret',
    SUPABASE_URL: 'leak-supabase',
    ALLOWED_ORIGINS: 'https://fine.example.com,*',
    LOG_LEVEL: 'leak-level',
  }
  const problems = problemsOf(env)
  const names = problems.map((problem) => problem.slice(0, problem.indexOf(':')))
  expect(names.sort()).toEqual(Object.keys(env).sort())
  expect(problems.join('\n')).not.toContain('leak')
  expect(() => readConfig(env)).toThrow('The settings cannot be used.\n  ')
})

test.each(['0.0.0.0', '::', '192.168.0.2', 'chat.example.com', '128.0.0.1'])(
  'without accounts, listening on %s is refused',
  (host) => {
    expect(problemsOf({ SERVER_HOST: host })).toEqual([
      expect.stringMatching(/^SERVER_HOST: .*loopback/),
    ])
  },
)

test.each(['127.0.0.1', '127.1.2.3', '::1', '[::1]', 'localhost'])('%s is loopback', (host) => {
  expect(problemsOf({ SERVER_HOST: host })).toEqual([])
})

test('accounts need a secret with a shared database', () => {
  const env = { AUTH_MODE: 'accounts', DATABASE_URL: 'postgres://db.example.com/chat' }
  expect(problemsOf(env)).toEqual([expect.stringMatching(/^AUTH_SECRET: /)])
  expect(problemsOf({ ...env, AUTH_SECRET: 's'.repeat(32) })).toEqual([])
})

test.each([{}, { TRUST_PROXY: 'loopback' }, { TRUST_PROXY: 'none' }])(
  'accounts over plain HTTP beyond loopback are refused with %o',
  (env) => {
    const beyond = { AUTH_MODE: 'accounts', SERVER_HOST: '0.0.0.0', ...env }
    expect(problemsOf(beyond)).toEqual([expect.stringMatching(/^SERVER_HOST: .*TLS_CERT_FILE/)])
  },
)

test.each([
  { TLS_CERT_FILE: 'cert.pem', TLS_KEY_FILE: 'key.pem' },
  { TRUST_PROXY: '10.0.0.7' },
  { TRUST_PROXY: 'loopback, 10.0.0.0/8' },
])('accounts may listen beyond loopback with %o', (env) => {
  expect(problemsOf({ AUTH_MODE: 'accounts', SERVER_HOST: '0.0.0.0', ...env })).toEqual([])
})

test('what is of no use alone is asked for together', () => {
  expect(
    problemsOf({ GITHUB_CLIENT_ID: 'leak', SMTP_URL: 'smtp://leak', TLS_KEY_FILE: 'k' }),
  ).toEqual([
    'GITHUB_CLIENT_SECRET: must be set too, together with GITHUB_CLIENT_ID.',
    'MAIL_FROM: must be set too, together with SMTP_URL.',
    'TLS_CERT_FILE: must be set too, together with TLS_KEY_FILE.',
  ])
})

test('keys and codes of others are fetched over plain HTTP on this machine only', () => {
  const env = {
    AUTH_JWKS_URL: 'http://keys.example.com/',
    OIDC_ISSUER: 'http://login.example.com',
    OIDC_CLIENT_ID: 'c',
    OIDC_CLIENT_SECRET: 's',
  }
  expect(problemsOf(env)).toEqual([
    expect.stringMatching(/^AUTH_JWKS_URL: .*https/),
    expect.stringMatching(/^OIDC_ISSUER: .*https/),
  ])
  expect(problemsOf({ AUTH_JWKS_URL: 'http://127.0.0.1:1/keys' })).toEqual([])
})
