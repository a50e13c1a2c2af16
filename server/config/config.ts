import { conflicts } from './config-conflicts.ts'
import { client, imageService, openIdConnect, s3Store, speechService } from './outside-services.ts'
import { Settings } from './settings.ts'
import { shownSettings } from './shown-settings.ts'
import type { ShownSetting } from './shown-settings.ts'
import type { BuiltinToolName } from '../tools/builtin-names.ts'

/** The credentials of this application at another service. */
export type Client = { clientId: string; clientSecret: string }

/** An outside issuer; null where any value is accepted. */
export type Issuer = { jwksUrl: string; name: string | null; audience: string | null }

/** A bucket of an S3-compatible store. */
export type S3Config = {
  endpoint: string
  bucket: string
  region: string
  accessKeyId: string
  secretAccessKey: string
  /** A prefix of every key. */
  prefix: string
}

/** All settings, validated and typed. `readConfig` makes it. */
export type Config = {
  listen: {
    host: string
    /** 0 picks a free port. */
    port: number
    /** The address that browsers use; null derives it from host and port, once they are known. */
    publicUrl: string | null
    /** The path that everything is below, such as `/chat`; empty at the root. */
    basePath: string
    /** Further origins whose pages may call. */
    allowedOrigins: string[]
    /** The proxies whose forwarded addresses are trusted. */
    trustProxy: string[]
    /** Files of the certificate with its chain, and of its key; null leaves TLS to a proxy. */
    tls: { certFile: string; keyFile: string } | null
  }
  telemetry: {
    /** The address of an OpenTelemetry collector; null sends nothing. */
    endpoint: string | null
    /** Hosts of models that get the trace's id with a request. */
    headersTo: string[]
  }
  /** Null is the embedded database in `dataDir`. */
  databaseUrl: string | null
  /** A replica of it, for search and usage. */
  databaseReadUrl: string | null
  /** A server that carries notifications between nodes; null uses Postgres. */
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
    /** The most tokens that any model is sent; with null each model's own limit counts. */
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
    /** The time that a person has for a question of an MCP server. */
    questionSeconds: number
  }
  /** The most US dollars that all model calls of one day (UTC) may cost; null is no limit. */
  budget: { usdPerDay: number | null }
  /** The limits of each person, with accounts; null is no limit. */
  limits: {
    requestsPerMinute: number
    sendsPerMinute: number
    runsAtOnce: number
    tokensPerDay: number | null
    usdPerDay: number | null
    sessions: number
    storageMb: number
  }
  files: {
    maxBytes: number
    perMessage: number
    /** Null stores files in `dataDir`. */
    s3: S3Config | null
  }
  /** Null when no speech service is configured. */
  speech: {
    baseUrl: string
    apiKey: string | null
    toTextModel: string
    toSpeechModel: string
    voice: string
    /** The time limit of the first byte. */
    timeoutMs: number
  } | null
  /** Null when the model makes no pictures. */
  images: {
    baseUrl: string
    apiKey: string | null
    model: string
    approval: 'never' | 'writes' | 'always'
    /** The time limit of a picture. */
    timeoutMs: number
  } | null
  sessions: { graceMs: number }
  tools: {
    timeoutMs: number
    mcpConfigPath: string | null
    /** The built-in tools that the model gets. */
    builtin: readonly BuiltinToolName[]
    fetchUrls: boolean
  }
  auth: {
    mode: 'single' | 'accounts'
    /** Null: the server makes a secret and stores it in `dataDir`. */
    secret: string | null
    /** An outside issuer whose bearer tokens are accepted too. */
    issuer: Issuer | null
    /** Decides who may make an account. */
    signUp: 'open' | 'invite' | 'closed'
    /** True lets people begin without an account. */
    guests: boolean
    providers: {
      github: Client | null
      google: Client | null
      oidc: (Client & { issuer: string; name: string }) | null
    }
  }
  /** Null: in place of mails, administrators pass links on. */
  mail: { smtpUrl: string; from: string } | null
  /** The settings as administrators see them. */
  shown: ShownSetting[]
  logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
}

/** The settings contradict the content of the database. */
export class ModeError extends Error {}

/** All problems of the settings, each with the variable's name and never its value. */
export class ConfigError extends Error {
  readonly problems: string[]

  constructor(problems: string[]) {
    super(['The settings cannot be used.', ...problems].join('\n  '))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/**
 * Reads the settings of section 2 of the contract; an empty variable counts as absent.
 *
 * @param env such as `process.env`
 * @throws ConfigError with every problem
 */
export function readConfig(env: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''),
  )
  const parsed = Settings.safeParse(given)
  // An invalid variable must not hide conflicts between the others.
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
      sessions: settings.LIMIT_SESSIONS,
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
    shown: shownSettings(settings),
    logLevel: settings.DEBUG ? 'debug' : settings.LOG_LEVEL,
  }
}
