import { z } from 'zod'
import { BUILTIN_TOOL_NAMES } from '../tools/builtin-names.ts'
import type { BuiltinToolName } from '../tools/builtin-names.ts'
import { parseProxies } from '../trusted-proxies.ts'

/** The longest time in a setting, in seconds, because a timer of Node is limited to 25 days. */
const DAY = 86_400

/**
 * The environment variables by their public names, in section 2 of the contract: each with its default, and with the
 * sentence about an invalid value. No sentence contains the value, which may be a secret.
 */
export const Settings = z.object({
  SERVER_HOST: z.string().default('127.0.0.1'),
  SERVER_PORT: whole(0, 65_535, 8001),
  PUBLIC_URL: webUrl(
    'must be an http or https address such as https://chat.example.com.',
  ).optional(),
  BASE_PATH: z
    .string()
    .regex(/^\/([\w.~-]+(\/[\w.~-]+)*\/?)?$/, {
      error: 'must be a path such as /chat, of letters, digits, dots, dashes and slashes.',
    })
    .default('/'),
  OTEL_EXPORTER_OTLP_ENDPOINT: webUrl(
    'must be the http or https address of a collector, such as http://127.0.0.1:4318.',
  ).optional(),
  TRACE_HEADERS_TO: z
    .string()
    .default('')
    .transform((hosts) =>
      hosts
        .split(',')
        .map((host) => host.trim().toLowerCase())
        .filter((host) => host !== ''),
    ),
  DATABASE_URL: postgresUrl().optional(),
  DATABASE_READ_URL: postgresUrl().optional(),
  WAKE_URL: z
    .url({
      protocol: /^(rediss?|nats|tls)$/,
      error:
        'must be the address of a Redis server (redis://…, with TLS rediss://…) or a NATS server (nats://…, with TLS tls://…).',
    })
    .optional(),
  DATA_DIR: z.string().default('./data'),
  OPENAI_API_KEY: z.string().trim().optional(),
  OPENAI_BASE_URL: webUrl(
    'must be the http or https address of an API, such as http://127.0.0.1:11434/v1.',
  ).optional(),
  OPENAI_API: z
    .enum(['auto', 'responses', 'chat'], { error: 'must be auto, responses or chat.' })
    .default('auto'),
  OPENAI_BACKGROUND: truth(),
  LLM_MODEL: z.string().default('gpt-4o-mini'),
  LLM_TEMPERATURE: numeric(0, 2, 0.7),
  LLM_MAX_TOKENS: whole(1, 10_000_000, 4096),
  LLM_CONTEXT_WINDOW: wholeOrNone(1_000, 100_000_000),
  LLM_TIMEOUT: seconds(30),
  LLM_IDLE_TIMEOUT: seconds(60),
  SYSTEM_PROMPT: z
    .string()
    .default(
      'You are a helpful assistant. Answer clearly and briefly, and say so when you do not know.',
    ),
  RUN_MAX_STEPS: whole(1, 1000, 8),
  RUN_MAX_OUTPUT_TOKENS: wholeOrNone(1, 100_000_000),
  LIMIT_REQUESTS_PER_MINUTE: whole(1, 1_000_000, 600),
  LIMIT_SENDS_PER_MINUTE: whole(1, 1_000_000, 30),
  LIMIT_RUNS_AT_ONCE: whole(1, 100_000, 5),
  LIMIT_TOKENS_PER_DAY: wholeOrNone(1, 1_000_000_000_000),
  LIMIT_USD_PER_DAY: decimal('must be an amount of US dollars, such as 5 or 0.50.').optional(),
  LIMIT_SESSIONS: whole(1, 100_000_000, 10_000),
  LIMIT_STORAGE_MB: numeric(0.001, 1_000_000_000, 1024),
  FILE_MAX_MB: numeric(0.001, 10_000, 25),
  FILES_PER_MESSAGE: whole(0, 100, 10),
  S3_ENDPOINT: webUrl(
    'must be the http or https address of an S3-compatible store, without the bucket.',
  ).optional(),
  S3_BUCKET: z.string().trim().optional(),
  S3_REGION: z.string().trim().default('us-east-1'),
  S3_ACCESS_KEY_ID: z.string().trim().optional(),
  S3_SECRET_ACCESS_KEY: z.string().trim().optional(),
  S3_PREFIX: z
    .string()
    .trim()
    .regex(/^[\w./-]*$/, { error: 'may have letters, digits and - _ . / only.' })
    .optional(),
  SPEECH_BASE_URL: webUrl(
    'must be the http or https address of an API, such as http://127.0.0.1:8000/v1.',
  ).optional(),
  SPEECH_API_KEY: z.string().trim().optional(),
  SPEECH_TO_TEXT_MODEL: z.string().trim().default('gpt-4o-mini-transcribe'),
  TEXT_TO_SPEECH_MODEL: z.string().trim().default('gpt-4o-mini-tts'),
  TEXT_TO_SPEECH_VOICE: z.string().trim().default('alloy'),
  IMAGE_MODEL: z.string().trim().min(1).optional(),
  IMAGE_BASE_URL: webUrl(
    'must be the http or https address of an API, such as http://127.0.0.1:8000/v1.',
  ).optional(),
  IMAGE_API_KEY: z.string().trim().optional(),
  IMAGE_APPROVAL: z
    .enum(['never', 'writes', 'always'], { error: 'must be never, writes or always.' })
    .default('writes'),
  BUDGET_USD_PER_DAY: decimal('must be an amount of US dollars, such as 5 or 0.50.').optional(),
  RUN_LEASE_SECONDS: seconds(10),
  SESSION_GRACE_SECONDS: numeric(0, DAY, 30),
  TOOL_TIMEOUT: seconds(30),
  CLIENT_TOOL_TIMEOUT: wholeOrNone(1, 2_592_000),
  MCP_QUESTION_TIMEOUT: whole(1, 86_400, 600),
  MCP_CONFIG: z.string().optional(),
  BUILTIN_TOOLS: z
    .string()
    .default('all')
    .transform((list) => list.split(',').map((name) => name.trim()))
    .transform((names) => names.filter((name) => name !== ''))
    .transform((names): readonly string[] => {
      const [only] = names.length === 1 ? names : []
      return only === 'all' ? BUILTIN_TOOL_NAMES : only === 'none' ? [] : names
    })
    .refine((names) => names.every(isBuiltinTool), {
      error: `must be all, none, or names divided by commas, of ${BUILTIN_TOOL_NAMES.join(', ')}.`,
    })
    .transform((names) => names.filter(isBuiltinTool)),
  FETCH_URL_TOOL: truth(),
  AUTH_MODE: z
    .enum(['single', 'accounts'], { error: 'must be single or accounts.' })
    .default('single'),
  AUTH_SECRET: z
    .string()
    .min(32, { error: 'must have at least 32 characters; make one with: openssl rand -base64 32.' })
    .optional(),
  AUTH_SIGNUP: z
    .enum(['open', 'invite', 'closed'], { error: 'must be open, invite or closed.' })
    .default('invite'),
  AUTH_GUESTS: truth(),
  GITHUB_CLIENT_ID: z.string().trim().optional(),
  GITHUB_CLIENT_SECRET: z.string().trim().optional(),
  GOOGLE_CLIENT_ID: z.string().trim().optional(),
  GOOGLE_CLIENT_SECRET: z.string().trim().optional(),
  OIDC_ISSUER: webUrl('must be the http or https address of an OpenID Connect issuer.').optional(),
  OIDC_CLIENT_ID: z.string().trim().optional(),
  OIDC_CLIENT_SECRET: z.string().trim().optional(),
  OIDC_NAME: z.string().trim().max(40, { error: 'must have at most 40 characters.' }).optional(),
  SMTP_URL: z
    .url({
      protocol: /^smtps?$/,
      error: 'must be an address such as smtps://user:password@mail.example.com.',
    })
    .optional(),
  MAIL_FROM: z
    .string()
    .trim()
    // A line break would begin another header.
    .refine((value) => /^[^\r\n@]+@[^\r\n@]+$/.test(value), {
      error: 'must be one address, such as Throughline <chat@example.com>.',
    })
    .optional(),
  TRUST_PROXY: z
    .string()
    .default('loopback')
    .transform((list) => list.split(',').map((entry) => entry.trim()))
    .transform((entries) => entries.filter((entry) => entry !== ''))
    .refine((entries) => parseProxies(entries) !== null, {
      error:
        'must be loopback, none, or addresses and ranges divided by commas, such as 10.0.0.0/8.',
    }),
  TLS_CERT_FILE: z.string().optional(),
  TLS_KEY_FILE: z.string().optional(),
  AUTH_JWKS_URL: webUrl('must be the http or https address of a JSON Web Key Set.').optional(),
  AUTH_JWT_ISSUER: z.string().optional(),
  AUTH_JWT_AUDIENCE: z.string().optional(),
  SUPABASE_URL: webUrl('must be the address of a project, such as https://abc.supabase.co.')
    .transform((url) => new URL(url).origin)
    .optional(),
  SUPABASE_KEY: z.string().optional(),
  ALLOWED_ORIGINS: z
    .string()
    .default('')
    .transform((list) => list.split(',').map((entry) => entry.trim()))
    .transform((entries) => entries.filter((entry) => entry !== ''))
    .refine((entries) => entries.every(isOrigin), {
      error:
        'must be origins divided by commas, each with its scheme and without a path, such as https://chat.example.com.',
    })
    .transform((entries) => entries.map((entry) => new URL(entry).origin)),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
      error: 'must be fatal, error, warn, info, debug, trace or silent.',
    })
    .default('info'),
  /** Other programs give DEBUG any text, so any value but these two is ignored. */
  DEBUG: z
    .string()
    .default('false')
    .transform((value) => value === 'true' || value === '1'),
})
export type Settings = z.infer<typeof Settings>

function truth() {
  return z
    .enum(['true', 'false'], { error: 'must be true or false.' })
    .default('false')
    .transform((value) => value === 'true')
}

function whole(min: number, max: number, fallback: number) {
  return wholeFrom(min, max).default(fallback)
}

function wholeOrNone(min: number, max: number) {
  return wholeFrom(min, max).optional()
}

function wholeFrom(min: number, max: number) {
  const error = `must be a whole number from ${min} to ${max}.`
  return decimal(error).refine((value) => Number.isInteger(value) && value >= min && value <= max, {
    error,
  })
}

function numeric(min: number, max: number, fallback: number) {
  const error = `must be a number from ${min} to ${max}.`
  return decimal(error)
    .refine((value) => value >= min && value <= max, { error })
    .default(fallback)
}

/** A time greater than zero, in seconds; fractions are allowed. */
function seconds(fallback: number) {
  return numeric(0.1, DAY, fallback)
}

/** Plain decimal notation only: `Number` alone would take "0x10", "1e9" and " ". */
function decimal(error: string) {
  return z
    .string()
    .regex(/^\d+(\.\d+)?$/, { error, abort: true })
    .transform(Number)
}

/** An http(s) address, without the slash at its end. */
function webUrl(error: string) {
  return z
    .url({ protocol: /^https?$/, error, abort: true })
    .transform((url) => url.replace(/\/+$/, ''))
}

function isBuiltinTool(name: string): name is BuiltinToolName {
  return BUILTIN_TOOL_NAMES.some((known) => known === name)
}

function postgresUrl() {
  return z.string().refine(isPostgresUrl, {
    error: 'must be a connection string that begins with postgres:// or postgresql://.',
  })
}

function isPostgresUrl(value: string): boolean {
  return /^postgres(ql)?:\/\//.test(value)
}

function isOrigin(value: string): boolean {
  const url = URL.parse(value)
  return url !== null && /^https?:$/.test(url.protocol) && /^https?:\/\/[^/?#]+\/?$/i.test(value)
}
