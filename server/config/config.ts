import { conflicts } from './config-conflicts.ts'
import { Settings } from './settings.ts'
import type { BuiltinToolName } from '../tools/builtin-names.ts'

/** This application as another service knows it. */
export type Client = { clientId: string; clientSecret: string }

/** An outside issuer; null where any will do. */
export type Issuer = { jwksUrl: string; name: string | null; audience: string | null }

/** A bucket of an S3-compatible store. */
export type S3Config = {
  endpoint: string
  bucket: string
  region: string
  accessKeyId: string
  secretAccessKey: string
  /** Before every key. */
  prefix: string
}

/** All that the server is told from outside, checked and typed. `readConfig` makes it. */
export type Config = {
  listen: {
    host: string
    /** 0 picks a free one. */
    port: number
    /** The address browsers use; null means: from host and port, once they are known. */
    publicUrl: string | null
    /** The path that everything is below, such as `/chat`; empty at the root. */
    basePath: string
    /** Further origins that may call. */
    allowedOrigins: string[]
    /** Whose forwarded addresses are believed. */
    trustProxy: string[]
    /** Files of the certificate with its chain, and of its key; null leaves TLS to a proxy. */
    tls: { certFile: string; keyFile: string } | null
  }
  telemetry: {
    /** Of a collector of OpenTelemetry; null sends nothing. */
    endpoint: string | null
    /** Hosts of models that are told which trace a request belongs to. */
    headersTo: string[]
  }
  /** Null is the embedded database in `dataDir`. */
  databaseUrl: string | null
  /** A replica of it, for search and usage. */
  databaseReadUrl: string | null
  /** A Redis server that carries the word between nodes; null leaves it to Postgres. */
  wakeUrl: string | null
  /** A folder, or `memory:`. */
  dataDir: string
  model: {
    apiKey: string | null
    /** Null is OpenAI itself, or the demo model when there is no key either. */
    baseUrl: string | null
    api: 'responses' | 'chat' | 'auto'
    background: boolean
    /** The model of sessions that set none. */
    name: string
    temperature: number
    maxTokens: number
    /** The most tokens that a model is given to read; null leaves it to the models. */
    contextWindow: number | null
    systemPrompt: string
    firstTokenTimeoutMs: number
    idleTimeoutMs: number
  }
  runs: {
    maxSteps: number
    leaseMs: number
    maxOutputTokens: number | null
    clientToolSeconds: number | null
    /** How long people have for a question of an MCP server. */
    questionSeconds: number
  }
  /** The most US dollars that all model calls of one day (UTC) may cost; null is no limit. */
  budget: { usdPerDay: number | null }
  /** Of each person, where there are accounts; null is without limit. */
  limits: {
    requestsPerMinute: number
    sendsPerMinute: number
    runsAtOnce: number
    tokensPerDay: number | null
    usdPerDay: number | null
    storageMb: number
  }
  files: {
    maxBytes: number
    perMessage: number
    /** Null keeps them in `dataDir`. */
    s3: S3Config | null
  }
  /** Null where no speech service is known. */
  speech: {
    baseUrl: string
    apiKey: string | null
    toTextModel: string
    toSpeechModel: string
    voice: string
    /** Until the first byte. */
    timeoutMs: number
  } | null
  /** Null where the model makes no pictures. */
  images: {
    baseUrl: string
    apiKey: string | null
    model: string
    approval: 'never' | 'writes' | 'always'
    /** Until the picture is there. */
    timeoutMs: number
  } | null
  sessions: { graceMs: number }
  tools: {
    timeoutMs: number
    mcpConfigPath: string | null
    /** Those of the built-in ones that the model is offered. */
    builtin: readonly BuiltinToolName[]
    fetchUrls: boolean
  }
  auth: {
    mode: 'single' | 'accounts'
    /** Null: one is made and kept in `dataDir`. */
    secret: string | null
    /** An outside issuer whose bearer tokens are accepted too. */
    issuer: Issuer | null
    /** Who may make an account. */
    signUp: 'open' | 'invite' | 'closed'
    /** Whether people may begin without an account. */
    guests: boolean
    providers: {
      github: Client | null
      google: Client | null
      oidc: (Client & { issuer: string; name: string }) | null
    }
  }
  /** Null: mails are links that an administrator hands over. */
  mail: { smtpUrl: string; from: string } | null
  logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
}

/** The settings cannot be had with what the database holds. */
export class ModeError extends Error {}

/** Every problem of the settings at once, each by the variable's name and never by its value. */
export class ConfigError extends Error {
  readonly problems: string[]

  constructor(problems: string[]) {
    super(['The settings cannot be used.', ...problems].join('\n  '))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/**
 * Reads the settings that CONTRACT section 2 lists; an empty variable counts as absent.
 *
 * @param env such as `process.env`
 * @throws ConfigError with every problem there is
 */
export function readConfig(env: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''),
  )
  const parsed = Settings.safeParse(given)
  // A variable that is wrong by itself must not hide what is wrong between the others.
  const problems = [...(parsed.error?.issues ?? []).map(describe), ...conflicts(given)]
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems)
  return toConfig(parsed.data)
}

function describe(issue: { path: PropertyKey[]; message: string }): string {
  return `${String(issue.path[0])}: ${issue.message}`
}

function toConfig(settings: Settings): Config {
  const supabase = settings.SUPABASE_URL ? `${settings.SUPABASE_URL}/auth/v1` : null
  const jwksUrl = settings.AUTH_JWKS_URL ?? (supabase ? `${supabase}/.well-known/jwks.json` : null)
  return {
    listen: {
      host: settings.SERVER_HOST.replace(/^\[(.*)\]$/, '$1'),
      port: settings.SERVER_PORT,
      publicUrl: settings.PUBLIC_URL ?? null,
      basePath: settings.BASE_PATH.replace(/\/$/, ''),
      allowedOrigins: settings.ALLOWED_ORIGINS,
      trustProxy: settings.TRUST_PROXY,
      tls:
        settings.TLS_CERT_FILE && settings.TLS_KEY_FILE
          ? { certFile: settings.TLS_CERT_FILE, keyFile: settings.TLS_KEY_FILE }
          : null,
    },
    telemetry: {
      endpoint: settings.OTEL_EXPORTER_OTLP_ENDPOINT ?? null,
      headersTo: settings.TRACE_HEADERS_TO,
    },
    databaseUrl: settings.DATABASE_URL ?? null,
    databaseReadUrl: settings.DATABASE_READ_URL ?? null,
    wakeUrl: settings.WAKE_URL ?? null,
    dataDir: settings.DATA_DIR,
    model: {
      apiKey: settings.OPENAI_API_KEY ?? null,
      baseUrl: settings.OPENAI_BASE_URL ?? null,
      api: settings.OPENAI_API,
      background: settings.OPENAI_BACKGROUND,
      name: settings.LLM_MODEL,
      temperature: settings.LLM_TEMPERATURE,
      maxTokens: settings.LLM_MAX_TOKENS,
      contextWindow: settings.LLM_CONTEXT_WINDOW ?? null,
      systemPrompt: settings.SYSTEM_PROMPT,
      firstTokenTimeoutMs: settings.LLM_TIMEOUT * 1000,
      idleTimeoutMs: settings.LLM_IDLE_TIMEOUT * 1000,
    },
    runs: {
      maxSteps: settings.RUN_MAX_STEPS,
      leaseMs: settings.RUN_LEASE_SECONDS * 1000,
      maxOutputTokens: settings.RUN_MAX_OUTPUT_TOKENS ?? null,
      clientToolSeconds: settings.CLIENT_TOOL_TIMEOUT ?? null,
      questionSeconds: settings.MCP_QUESTION_TIMEOUT,
    },
    budget: { usdPerDay: settings.BUDGET_USD_PER_DAY ?? null },
    limits: {
      requestsPerMinute: settings.LIMIT_REQUESTS_PER_MINUTE,
      sendsPerMinute: settings.LIMIT_SENDS_PER_MINUTE,
      runsAtOnce: settings.LIMIT_RUNS_AT_ONCE,
      tokensPerDay: settings.LIMIT_TOKENS_PER_DAY ?? null,
      usdPerDay: settings.LIMIT_USD_PER_DAY ?? null,
      storageMb: settings.LIMIT_STORAGE_MB,
    },
    files: {
      maxBytes: Math.floor(settings.FILE_MAX_MB * 1024 * 1024),
      perMessage: settings.FILES_PER_MESSAGE,
      s3: s3Store(settings),
    },
    speech: speechService(settings),
    images: imageService(settings),
    sessions: { graceMs: settings.SESSION_GRACE_SECONDS * 1000 },
    tools: {
      timeoutMs: settings.TOOL_TIMEOUT * 1000,
      mcpConfigPath: settings.MCP_CONFIG ?? null,
      builtin: settings.BUILTIN_TOOLS,
      fetchUrls: settings.FETCH_URL_TOOL,
    },
    auth: {
      mode: settings.AUTH_MODE,
      secret: settings.AUTH_SECRET ?? null,
      issuer: jwksUrl
        ? {
            jwksUrl,
            name: settings.AUTH_JWT_ISSUER ?? supabase,
            audience: settings.AUTH_JWT_AUDIENCE ?? (supabase ? 'authenticated' : null),
          }
        : null,
      signUp: settings.AUTH_SIGNUP,
      guests: settings.AUTH_GUESTS,
      providers: {
        github: client(settings.GITHUB_CLIENT_ID, settings.GITHUB_CLIENT_SECRET),
        google: client(settings.GOOGLE_CLIENT_ID, settings.GOOGLE_CLIENT_SECRET),
        oidc: openIdConnect(settings),
      },
    },
    mail:
      settings.SMTP_URL && settings.MAIL_FROM
        ? { smtpUrl: settings.SMTP_URL, from: settings.MAIL_FROM }
        : null,
    logLevel: settings.DEBUG ? 'debug' : settings.LOG_LEVEL,
  }
}

/** The model's own, where that is OpenAI's. */
function speechService(settings: Settings): Config['speech'] {
  const { SPEECH_BASE_URL: own, OPENAI_BASE_URL: models, OPENAI_API_KEY: modelKey } = settings
  const isOpenAi = modelKey !== undefined && (models === undefined || isOpenAiAddress(models))
  const apiKey = settings.SPEECH_API_KEY ?? (own === undefined && isOpenAi ? modelKey : null)
  if (own === undefined && apiKey === null) return null
  return {
    ...{ baseUrl: own ?? OPENAI_ADDRESS, apiKey },
    toTextModel: settings.SPEECH_TO_TEXT_MODEL,
    toSpeechModel: settings.TEXT_TO_SPEECH_MODEL,
    voice: settings.TEXT_TO_SPEECH_VOICE,
    timeoutMs: settings.LLM_TIMEOUT * 1000,
  }
}

/** Pictures are made where the models are, unless an address of their own is given. */
function imageService(settings: Settings): Config['images'] {
  const { IMAGE_MODEL: model, IMAGE_BASE_URL: own, OPENAI_BASE_URL: models } = settings
  if (model === undefined) return null
  const modelKey = own === undefined ? settings.OPENAI_API_KEY : undefined
  return {
    baseUrl: own ?? models ?? OPENAI_ADDRESS,
    apiKey: settings.IMAGE_API_KEY ?? modelKey ?? null,
    ...{ model, approval: settings.IMAGE_APPROVAL },
    timeoutMs: IMAGE_TIMEOUT_MS,
  }
}

const IMAGE_TIMEOUT_MS = 170_000

const OPENAI_ADDRESS = 'https://api.openai.com/v1'

function isOpenAiAddress(address: string): boolean {
  return URL.parse(address)?.hostname === 'api.openai.com'
}

function s3Store(settings: Settings): S3Config | null {
  const { S3_ENDPOINT: endpoint, S3_BUCKET: bucket } = settings
  const { S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = settings
  return endpoint && bucket && accessKeyId && secretAccessKey
    ? {
        ...{ endpoint, bucket, accessKeyId, secretAccessKey },
        region: settings.S3_REGION,
        prefix: settings.S3_PREFIX ?? '',
      }
    : null
}

function client(clientId: string | undefined, clientSecret: string | undefined): Client | null {
  return clientId && clientSecret ? { clientId, clientSecret } : null
}

function openIdConnect(settings: Settings): Config['auth']['providers']['oidc'] {
  const known = client(settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET)
  const issuer = settings.OIDC_ISSUER
  return known && issuer ? { ...known, issuer, name: settings.OIDC_NAME ?? 'OpenID Connect' } : null
}
