import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import { aborted } from '../concurrency/wakeup.ts'
import type { McpPrompt, McpServerInfo } from '../../shared/contract/api/mcp.ts'
import type { UserId } from '../../shared/contract/ids.ts'
import type { Tool, ToolSource } from '../tools/tool.ts'
import type { McpHttpConfig, McpServerConfig } from './config.ts'
import { prefixOf } from './names.ts'
import type { McpLogins } from './oauth/logins.ts'
import { PersonalServer } from './personal.ts'
import { getPrompt, listPrompts } from './prompts.ts'
import { McpServer } from './server.ts'
import type { McpTimeouts } from './connection/timeouts.ts'
import type { Tokens } from './transport/make-transport.ts'

const TIMES: McpTimeouts = {
  connectMs: 30_000,
  probeMs: 5_000,
  pingMs: 10_000,
  idleMs: 30_000,
  retryMs: 1_000,
  longestRetryMs: 60_000,
  relistMs: 1_000,
}
/**
 * The longest wait of a call for a server that is connecting, and of a run for servers that are not connected yet after
 * the start, or are reconnecting.
 */
const CONNECT_WAIT_MS = 10_000
/** The longest wait for a connection when a person opens the list of prompts. Milliseconds. */
const PROMPTS_WAIT_MS = 5_000

export type McpServers = ToolSource &
  AsyncDisposable & {
    /** The servers with this person's own state of them. */
    describe(userId: UserId): Promise<McpServerInfo[]>
    prompts(userId: UserId): Promise<McpPrompt[]>
    /** @returns null when this person knows no such server that is connected */
    prompt(
      userId: UserId,
      of: { server: string; name: string; gaps: Readonly<Record<string, string>> },
    ): Promise<string | null>
    /** @returns where the person's browser is to go; null when there is no such server to sign in to */
    beginSignIn(userId: UserId, server: string): Promise<URL | null>
    /** @param back the query of the callback's address */
    endSignIn(userId: UserId, back: URLSearchParams): ReturnType<McpLogins['end']>
    /** @returns false when there is no such server to sign in to */
    signOut(userId: UserId, server: string): Promise<boolean>
  }

type Options = {
  logger: Logger
  times?: Partial<McpTimeouts> | undefined
  /** For servers to which people sign in. */
  signIn?: {
    logins: McpLogins
    /** The address that browsers use, without a slash at its end. */
    baseUrl(): string
  }
}

/**
 * The servers of the operator's configuration as a source of tools. The tools of a server are available while it is
 * connected.
 */
export function startMcpServers(
  configs: readonly McpServerConfig[],
  { logger, times, signIn }: Options,
): McpServers {
  const listeners = new Set<() => void>()
  const onChange = () => {
    for (const listener of listeners) listener()
  }
  const common = { logger, times: { ...TIMES, ...times }, onChange }
  const servers = configs
    .filter((config) => !isPersonal(config))
    .map((config) => new McpServer({ config, ...common }))
  const personal = !signIn
    ? []
    : configs.filter(isPersonal).map(
        (config) =>
          new PersonalServer({
            ...{ config, logins: signIn.logins, onChange },
            connect: (userId, loginId) =>
              new McpServer({
                ...{ config, ...common },
                tokens: tokensOf(signIn.logins, config, { userId, loginId }),
              }),
            signInUrl: (name) => `${signIn.baseUrl()}/api/mcp/sign-in/${name}`,
          }),
      )
  const loginsOf = async (userId: UserId) =>
    personal.length > 0 && signIn ? signIn.logins.of(userId) : new Map<string, string>()
  const prepare = async (userId: UserId, signal: AbortSignal) => {
    if (personal.length === 0) return
    const logins = await loginsOf(userId)
    await Promise.all(
      personal.map((one) => one.prepare(userId, logins.get(one.config.name) ?? null, signal)),
    )
  }
  const serversOf = (userId: UserId): McpServer[] => [
    ...servers,
    ...personal.flatMap((one) => one.of(userId) ?? []),
  ]
  const redirectUrl = () => `${signIn?.baseUrl() ?? ''}/api/mcp/callback`
  const ownerOf = (name: string) =>
    servers.find(({ config }) => name.startsWith(prefixOf(config.name)))
  const patience = (signal: AbortSignal) =>
    aborted(AbortSignal.any([signal, AbortSignal.timeout(CONNECT_WAIT_MS)]))
  // This counts only from the start of this process: a server that is away later delays nothing.
  let isStarting = true
  const started = Promise.race([
    Promise.all(servers.map((server) => server.untilSettled())),
    delay(CONNECT_WAIT_MS, undefined, { ref: false }),
  ]).then(() => {
    isStarting = false
  })
  const whyAway = ({ config, state }: McpServer): string | null => {
    switch (state.phase) {
      case 'ready':
        return null
      case 'connecting':
        return `The MCP server "${config.name}" is not connected yet.`
      case 'down':
        return `The MCP server "${config.name}" is not there: ${state.reason}.`
    }
  }
  const tools = (userId?: UserId): Tool[] => [
    ...servers.flatMap((server) => server.tools),
    ...personal.flatMap((one) => one.tools(userId)),
  ]

  return {
    tools,
    prepare,
    whyAbsent: (name) => {
      const server = ownerOf(name)
      if (!server) return null
      const away = whyAway(server)
      if (away) return away
      const names = server.tools.map((tool) => tool.name).join(', ') || 'none'
      return `The MCP server "${server.config.name}" has no tool "${name.slice(0, 100)}". Its tools: ${names}.`
    },
    untilPresent: async (name, signal) => {
      const server = ownerOf(name)
      if (!server || server.tools.some((tool) => tool.name === name)) return
      const waited = new AbortController()
      await Promise.race([
        server.untilSettled(),
        patience(AbortSignal.any([signal, waited.signal])),
      ])
      waited.abort()
    },
    untilSettled: async (signal) => {
      if (!isStarting) return
      const waited = new AbortController()
      await Promise.race([started, patience(AbortSignal.any([signal, waited.signal]))])
      waited.abort()
    },
    unsettled: () => ({
      isWaiting: isStarting,
      reasons: servers.map(whyAway).filter((why) => why !== null),
    }),
    untilBack: async (names, signal) => {
      const isComing = (name: string) => {
        const server = ownerOf(name)
        return server !== undefined && whyAway(server) !== null
      }
      const waited = new AbortController()
      let over = false
      const patient = patience(AbortSignal.any([signal, waited.signal])).then(() => {
        over = true
      })
      while (!over && names.some(isComing)) {
        const changed = Promise.withResolvers<void>()
        listeners.add(changed.resolve)
        await Promise.race([changed.promise, patient])
        listeners.delete(changed.resolve)
      }
      waited.abort()
    },
    onChange: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...servers, ...personal].map((server) => server.close()))
    },
    describe: async (userId) => {
      const logins = await loginsOf(userId)
      // A person who reads the list will probably use it, so the servers are connected in advance.
      prepare(userId, new AbortController().signal).catch((error: unknown) =>
        logger.warn({ err: error }, 'an MCP server could not be connected for a person'),
      )
      return configs.map((config) => {
        const { name } = config
        const signInPath = isPersonal(config) && { signIn: `/api/mcp/sign-in/${name}` }
        if (signInPath && !logins.has(name)) return { name, status: 'signed-out', ...signInPath }
        const server = serversOf(userId).find((one) => one.config === config)
        return { name, ...statusOf(server), ...signInPath }
      })
    },
    prompts: async (userId) => {
      await prepare(userId, AbortSignal.timeout(PROMPTS_WAIT_MS))
      const lists = serversOf(userId).map(async ({ config, connection }) =>
        connection ? listPrompts(config.name, connection) : [],
      )
      const listed = await Promise.allSettled(lists)
      return listed.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
    },
    prompt: async (userId, { server, name, gaps }) => {
      await prepare(userId, AbortSignal.timeout(PROMPTS_WAIT_MS))
      const own = serversOf(userId).find(({ config }) => config.name === server)
      return own?.connection ? getPrompt(own.connection, name, gaps) : null
    },
    beginSignIn: async (userId, server) => {
      const own = personal.find(({ config }) => config.name === server)
      if (!own || !signIn) return null
      return signIn.logins.begin({ userId, config: own.config, redirectUrl: redirectUrl() })
    },
    endSignIn: async (userId, back) => {
      if (!signIn) return null
      const all = personal.map(({ config }) => config)
      const ended = await signIn.logins.end({ userId, configs: all, back })
      const own = personal.find(({ config }) => config.name === ended?.server)
      if (own && ended?.problem === null) {
        // The person may have been signed in there with another account.
        own.leave(userId)
        const login = (await signIn.logins.of(userId)).get(own.config.name) ?? null
        await own.prepare(userId, login, AbortSignal.timeout(PROMPTS_WAIT_MS))
      }
      return ended
    },
    signOut: async (userId, server) => {
      const own = personal.find(({ config }) => config.name === server)
      if (!own || !signIn) return false
      own.leave(userId)
      await signIn.logins.signOut(userId, own.config)
      return true
    },
  }
}

function isPersonal(config: McpServerConfig): config is McpHttpConfig {
  return config.kind === 'http' && config.oauth !== undefined
}

function statusOf(server: McpServer | undefined): Pick<McpServerInfo, 'status' | 'reason'> {
  const state = server?.state
  if (state?.phase === 'down') return { status: 'away', reason: state.reason }
  return { status: state?.phase === 'ready' ? 'connected' : 'connecting' }
}

/** The tokens of one login of a person; one that is refused is renewed once. */
function tokensOf(
  logins: McpLogins,
  config: McpHttpConfig,
  { userId, loginId }: { userId: UserId; loginId: string },
): Tokens {
  return {
    next: () => logins.token(userId, config, { loginId }),
    refused: async (rejected) => void (await logins.token(userId, config, { loginId, rejected })),
  }
}
