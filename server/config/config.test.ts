import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { describe, expect, test } from 'vitest'
import { readConfig } from './config.ts'
import { BUILTIN_TOOL_NAMES } from '../tools/builtin-names.ts'
import { Settings } from './settings.ts'
import { problemsOf } from './testing.ts'

const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8')
const examples = parseEnv(example.replaceAll(/^# (?=[A-Z0-9_]+=)/gm, ''))

test('nothing needs to be set', () => {
  expect(readConfig({})).toMatchObject({
    listen: { host: '127.0.0.1', port: 8001, publicUrl: null, allowedOrigins: [] },
    databaseUrl: null,
    databaseReadUrl: null,
    wakeUrl: null,
    dataDir: './data',
    model: { apiKey: null, baseUrl: null, api: 'auto', name: 'gpt-4o-mini', temperature: 0.7 },
    runs: { maxSteps: 8, leaseMs: 10_000 },
    sessions: { graceMs: 30_000 },
    tools: { timeoutMs: 30_000 },
    auth: { mode: 'single', secret: null, issuer: null },
    logLevel: 'info',
  })
})

test('an empty variable counts as absent', () => {
  const empty = Object.fromEntries(Object.keys(Settings.shape).map((name) => [name, '']))
  expect(readConfig(empty)).toEqual(readConfig({}))
  expect(readConfig({ SERVER_PORT: '  ' })).toEqual(readConfig({}))
})

test('.env.example lists every variable, and no other', () => {
  expect(Object.keys(examples).sort()).toEqual(Object.keys(Settings.shape).sort())
})

test('.env.example shows each default', () => {
  expect(readConfig(examples)).toEqual(readConfig({}))
  for (const [name, schema] of Object.entries(Settings.shape)) {
    const fallback = schema.safeParse(undefined).data
    const shown = examples[name] === '' ? undefined : examples[name]
    expect(schema.safeParse(shown).data, name).toEqual(fallback)
    const hasDefault =
      fallback !== undefined && name !== 'ALLOWED_ORIGINS' && name !== 'TRACE_HEADERS_TO'
    expect(shown !== undefined, `${name} shows its default`).toBe(hasDefault)
  }
})

test('every variable arrives where the server reads it', () => {
  const secret = 's'.repeat(32)
  expect(
    readConfig({
      SERVER_HOST: '[::1]',
      SERVER_PORT: '0',
      PUBLIC_URL: 'https://chat.example.com/',
      BASE_PATH: '/chat/',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318/',
      TRACE_HEADERS_TO: 'Models.example.com, 127.0.0.1:8000',
      DATABASE_URL: 'postgresql://user:word@db.example.com:5432/postgres',
      DATABASE_READ_URL: 'postgresql://user:word@replica.example.com:5432/postgres',
      DATA_DIR: 'memory:',
      OPENAI_API_KEY: 'key',
      OPENAI_BASE_URL: 'http://127.0.0.1:11434/v1/',
      OPENAI_API: 'chat',
      OPENAI_BACKGROUND: 'true',
      WAKE_URL: 'rediss://:word@redis.example.com:6380',
      LLM_MODEL: 'llama',
      LLM_TEMPERATURE: '0',
      LLM_MAX_TOKENS: '10',
      LLM_CONTEXT_WINDOW: '8192',
      LLM_TIMEOUT: '1.5',
      LLM_IDLE_TIMEOUT: '2',
      SYSTEM_PROMPT: 'Speak.',
      RUN_MAX_STEPS: '3',
      RUN_MAX_OUTPUT_TOKENS: '5000',
      BUDGET_USD_PER_DAY: '0.50',
      LIMIT_REQUESTS_PER_MINUTE: '100',
      LIMIT_SENDS_PER_MINUTE: '10',
      LIMIT_RUNS_AT_ONCE: '2',
      LIMIT_TOKENS_PER_DAY: '50000',
      LIMIT_USD_PER_DAY: '1.5',
      LIMIT_SESSIONS: '500',
      LIMIT_STORAGE_MB: '64',
      FILE_MAX_MB: '2',
      FILES_PER_MESSAGE: '4',
      S3_ENDPOINT: 'https://s3.example.com',
      S3_BUCKET: 'bucket',
      S3_REGION: 'eu-1',
      S3_ACCESS_KEY_ID: 'access',
      S3_SECRET_ACCESS_KEY: 'secret',
      S3_PREFIX: 'chat',
      RUN_LEASE_SECONDS: '2',
      SESSION_GRACE_SECONDS: '0',
      TOOL_TIMEOUT: '4',
      CLIENT_TOOL_TIMEOUT: '60',
      MCP_QUESTION_TIMEOUT: '90',
      BUILTIN_TOOLS: 'current_time, search_sessions',
      FETCH_URL_TOOL: 'true',
      MCP_CONFIG: 'mcp.json',
      AUTH_MODE: 'single',
      AUTH_SECRET: secret,
      AUTH_JWKS_URL: 'https://issuer.example.com/keys',
      AUTH_JWT_ISSUER: 'https://issuer.example.com/',
      AUTH_JWT_AUDIENCE: 'chat',
      AUTH_SIGNUP: 'open',
      AUTH_GUESTS: 'true',
      GITHUB_CLIENT_ID: 'github',
      GITHUB_CLIENT_SECRET: 'github secret',
      GOOGLE_CLIENT_ID: 'google',
      GOOGLE_CLIENT_SECRET: 'google secret',
      OIDC_ISSUER: 'https://login.example.com/',
      OIDC_CLIENT_ID: 'oidc',
      OIDC_CLIENT_SECRET: 'oidc secret',
      OIDC_NAME: 'Example',
      SMTP_URL: 'smtps://user:word@mail.example.com',
      MAIL_FROM: 'Chat <chat@example.com>',
      TRUST_PROXY: '10.0.0.0/8, fd00::/8',
      TLS_CERT_FILE: 'cert.pem',
      TLS_KEY_FILE: 'key.pem',
      ALLOWED_ORIGINS: 'https://a.example.com, http://localhost:5173/',
      LOG_LEVEL: 'warn',
      SPEECH_BASE_URL: 'http://127.0.0.1:8000/v1',
      SPEECH_API_KEY: 'speech key',
      SPEECH_TO_TEXT_MODEL: 'whisper',
      TEXT_TO_SPEECH_MODEL: 'kokoro',
      TEXT_TO_SPEECH_VOICE: 'heart',
      IMAGE_MODEL: 'pictures',
      IMAGE_BASE_URL: 'http://127.0.0.1:9000/v1',
      IMAGE_API_KEY: 'image key',
      IMAGE_APPROVAL: 'always',
    }),
  ).toEqual({
    shown: expect.any(Array),
    listen: {
      host: '::1',
      port: 0,
      publicUrl: 'https://chat.example.com',
      basePath: '/chat',
      allowedOrigins: ['https://a.example.com', 'http://localhost:5173'],
      trustProxy: ['10.0.0.0/8', 'fd00::/8'],
      tls: { certFile: 'cert.pem', keyFile: 'key.pem' },
    },
    telemetry: {
      endpoint: 'http://127.0.0.1:4318',
      headersTo: ['models.example.com', '127.0.0.1:8000'],
    },
    databaseUrl: 'postgresql://user:word@db.example.com:5432/postgres',
    databaseReadUrl: 'postgresql://user:word@replica.example.com:5432/postgres',
    wakeUrl: 'rediss://:word@redis.example.com:6380',
    dataDir: 'memory:',
    model: {
      apiKey: 'key',
      baseUrl: 'http://127.0.0.1:11434/v1',
      api: 'chat',
      background: true,
      name: 'llama',
      temperature: 0,
      maxTokens: 10,
      contextWindow: 8192,
      systemPrompt: 'Speak.',
      firstTokenTimeoutMs: 1500,
      idleTimeoutMs: 2000,
    },
    runs: {
      ...{ maxSteps: 3, leaseMs: 2000 },
      ...{ maxOutputTokens: 5000, clientToolSeconds: 60, questionSeconds: 90 },
    },
    budget: { usdPerDay: 0.5 },
    limits: {
      requestsPerMinute: 100,
      sendsPerMinute: 10,
      runsAtOnce: 2,
      tokensPerDay: 50_000,
      usdPerDay: 1.5,
      sessions: 500,
      storageMb: 64,
    },
    files: {
      maxBytes: 2_097_152,
      perMessage: 4,
      s3: {
        ...{ endpoint: 'https://s3.example.com', bucket: 'bucket', region: 'eu-1', prefix: 'chat' },
        ...{ accessKeyId: 'access', secretAccessKey: 'secret' },
      },
    },
    speech: {
      baseUrl: 'http://127.0.0.1:8000/v1',
      apiKey: 'speech key',
      toTextModel: 'whisper',
      toSpeechModel: 'kokoro',
      voice: 'heart',
      timeoutMs: 1_500,
    },
    images: {
      baseUrl: 'http://127.0.0.1:9000/v1',
      apiKey: 'image key',
      ...{ model: 'pictures', approval: 'always' },
      timeoutMs: 170_000,
    },
    sessions: { graceMs: 0 },
    tools: {
      timeoutMs: 4_000,
      mcpConfigPath: 'mcp.json',
      builtin: ['current_time', 'search_sessions'],
      fetchUrls: true,
    },
    auth: {
      mode: 'single',
      secret,
      issuer: {
        jwksUrl: 'https://issuer.example.com/keys',
        name: 'https://issuer.example.com/',
        audience: 'chat',
      },
      signUp: 'open',
      guests: true,
      providers: {
        github: { clientId: 'github', clientSecret: 'github secret' },
        google: { clientId: 'google', clientSecret: 'google secret' },
        oidc: {
          issuer: 'https://login.example.com',
          clientId: 'oidc',
          clientSecret: 'oidc secret',
          name: 'Example',
        },
      },
    },
    mail: { smtpUrl: 'smtps://user:word@mail.example.com', from: 'Chat <chat@example.com>' },
    logLevel: 'warn',
  })
})

test('a Supabase key without a connection string stops, and says where the string is shown', () => {
  const env = { SUPABASE_URL: 'https://abc.supabase.co', SUPABASE_KEY: 'leak' }
  expect(problemsOf(env)).toEqual([expect.stringMatching(/^DATABASE_URL: .*"Connect"/)])
  expect(problemsOf({ ...env, DATABASE_URL: 'postgres://db.example.com/postgres' })).toEqual([])
})

test('a Supabase project is the default issuer of outside tokens', () => {
  const env = { SUPABASE_URL: 'https://abc.supabase.co/' }
  expect(readConfig(env).auth.issuer).toEqual({
    jwksUrl: 'https://abc.supabase.co/auth/v1/.well-known/jwks.json',
    name: 'https://abc.supabase.co/auth/v1',
    audience: 'authenticated',
  })
  expect(readConfig({ ...env, AUTH_JWT_AUDIENCE: 'chat' }).auth.issuer?.audience).toBe('chat')
})

test('DEBUG=true means the level debug; another program’s DEBUG means nothing', () => {
  expect(readConfig({ DEBUG: 'true', LOG_LEVEL: 'warn' }).logLevel).toBe('debug')
  expect(readConfig({ DEBUG: 'express:*' }).logLevel).toBe('info')
})

describe('BUILTIN_TOOLS', () => {
  test('offers all, none, or those that it names', () => {
    expect(readConfig({}).tools.builtin).toEqual(BUILTIN_TOOL_NAMES)
    expect(readConfig({ BUILTIN_TOOLS: 'all' }).tools.builtin).toEqual(BUILTIN_TOOL_NAMES)
    expect(readConfig({ BUILTIN_TOOLS: 'none' }).tools.builtin).toEqual([])
    expect(readConfig({ BUILTIN_TOOLS: ' current_time ,' }).tools.builtin).toEqual(['current_time'])
  })

  test('refuses a name that is no tool, and all or none among names', () => {
    for (const list of ['current_tme', 'all,current_time', 'none,none', 'constructor']) {
      expect(() => readConfig({ BUILTIN_TOOLS: list })).toThrow(/BUILTIN_TOOLS: must be all, none/)
    }
  })
})

test('speech is the model’s own where that is OpenAI’s, and else what is set', () => {
  const speech = (env: Record<string, string>) => {
    const found = readConfig(env).speech
    return found && [found.baseUrl, found.apiKey]
  }
  const openAi = 'https://api.openai.com/v1'
  expect(speech({})).toBe(null)
  expect(speech({ OPENAI_API_KEY: 'key' })).toEqual([openAi, 'key'])
  expect(speech({ OPENAI_API_KEY: 'key', OPENAI_BASE_URL: 'http://127.0.0.1/v1' })).toBe(null)
  const own = { SPEECH_BASE_URL: 'http://127.0.0.1:8000/v1' }
  expect(speech({ ...own, OPENAI_API_KEY: 'key' })).toEqual([own.SPEECH_BASE_URL, null])
  expect(speech({ SPEECH_API_KEY: 'other' })).toEqual([openAi, 'other'])
})

test('pictures are made where the models are, unless an address of their own is set; somebody must make them', () => {
  const images = (given: Record<string, string>) => {
    const { images: found } = readConfig({ IMAGE_MODEL: 'pictures', ...given })
    return found && [found.baseUrl, found.apiKey]
  }
  const own = { IMAGE_BASE_URL: 'http://127.0.0.1:9000/v1' }
  expect(images({ OPENAI_API_KEY: 'key' })).toEqual(['https://api.openai.com/v1', 'key'])
  expect(images({ ...own, OPENAI_API_KEY: 'key' })).toEqual([own.IMAGE_BASE_URL, null])
  expect(() => readConfig({ IMAGE_MODEL: 'pictures' })).toThrow('IMAGE_MODEL')
  expect(readConfig({}).images).toBe(null)
})
