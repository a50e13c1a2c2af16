import type { UserId } from '../../shared/contract/ids.ts'
import { aborted } from '../concurrency/wakeup.ts'
import { CallLostError } from '../tools/tool.ts'
import type { Tool, ToolContext } from '../tools/tool.ts'
import type { McpHttpConfig } from './config.ts'
import { definitionOf } from './definitions.ts'
import { SignedOutError } from './oauth/logins.ts'
import type { McpLogins } from './oauth/logins.ts'
import type { McpServer } from './server.ts'
import { rememberTask } from './calls/tasks.ts'

/** A connection without calls for so long is closed. Milliseconds. */
const IDLE_MS = 15 * 60_000
const SWEEP_MS = 60_000
/** The longest wait of an answer, or of a call, for a connection. Milliseconds. */
const CONNECT_WAIT_MS = 10_000
/**
 * The most connections of all people to one server. Beyond it, the least recently used one without an open call is
 * closed.
 */
const MAX_CONNECTIONS = 200

const FULL = 'it is used by too many people just now'

type Options = {
  config: McpHttpConfig
  logins: McpLogins
  /** Connects to the server by the tokens of a person's login. */
  connect(userId: UserId, loginId: string): McpServer
  /** The address at which a person signs in to the server. */
  signInUrl(server: string): string
  onChange(): void
  maxConnections?: number
}

/** `calls` are those under way, also while they wait for the server to come back. */
type Own = { server: McpServer; loginId: string; usedAt: number; calls: number }

/** A server to which each person signs in: a connection of their own, while they use it. */
export class PersonalServer {
  readonly #options: Options
  readonly #own = new Map<UserId, Own>()
  readonly #closing = new Set<Promise<void>>()
  readonly #timer: NodeJS.Timeout

  constructor(options: Options) {
    this.#options = options
    this.#timer = setInterval(() => this.#sweep(), SWEEP_MS)
    this.#timer.unref()
  }

  get config(): McpHttpConfig {
    return this.#options.config
  }

  /** A person's connection; null while there is none. */
  of(userId: UserId): McpServer | null {
    return this.#own.get(userId)?.server ?? null
  }

  /**
   * The tools of a person's connection. Its server may describe them differently to somebody else.
   *
   * @param userId absent for the tools of all connections, each as the first connection describes it
   */
  tools(userId?: UserId): Tool[] {
    const tools = new Map<string, Tool>()
    const own = userId ? [this.#own.get(userId)] : [...this.#own.values()]
    for (const tool of own.flatMap((one) => one?.server.tools ?? [])) {
      if (!tools.has(tool.name)) tools.set(tool.name, this.#overCallers(tool))
    }
    return [...tools.values()]
  }

  /**
   * Connects a person who is signed in, and waits for it for a bounded time. A connection by an earlier login of theirs
   * is closed, because the state that the server keeps with it may belong to another account.
   *
   * @param loginId null when they are not signed in
   */
  async prepare(userId: UserId, loginId: string | null, signal: AbortSignal): Promise<void> {
    if (loginId === null) return this.leave(userId)
    const own = this.#ownOf(userId, loginId)
    if (own) await this.#settle(own, signal)
  }

  async #settle({ server }: Own, signal: AbortSignal): Promise<void> {
    const waited = new AbortController()
    const over = AbortSignal.any([signal, waited.signal, AbortSignal.timeout(CONNECT_WAIT_MS)])
    await Promise.race([server.untilSettled(), aborted(over)])
    waited.abort()
  }

  /** Closes a person's connection, because they signed out, or signed in as somebody else. */
  leave(userId: UserId): void {
    const own = this.#own.get(userId)
    if (!own) return
    this.#own.delete(userId)
    const closing = own.server.close().finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
    this.#options.onChange()
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    for (const userId of this.#own.keys()) this.leave(userId)
    await Promise.all(this.#closing)
  }

  #overCallers(tool: Tool): Tool {
    return { ...tool, execute: (input, context) => this.#call(tool, input, context) }
  }

  async #call(tool: Tool, input: unknown, context: ToolContext): Promise<unknown> {
    // A task that was made before the person signed out is read, and not made again.
    const given = rememberTask(context)
    try {
      return await this.#callOnce(tool, input, given)
    } catch (error) {
      if (!(error instanceof SignedOutError)) throw error
      this.leave(context.caller.id)
      const logins = await this.#options.logins.of(context.caller.id)
      // They may have signed in anew by another node.
      if (!logins.has(this.config.name)) await this.#askToSignIn(given, error)
      return this.#callOnce(tool, input, given)
    }
  }

  /** @param known the tool with which the call was approved: only the identical tool may be called */
  async #callOnce(known: Tool, input: unknown, context: ToolContext): Promise<unknown> {
    const { config, logins } = this.#options
    const { id } = context.caller
    // Throws when they are signed in no more.
    await logins.token(id, config)
    const loginId = (await logins.of(id)).get(config.name)
    if (loginId === undefined) throw new SignedOutError(config.name)
    const own = this.#ownOf(id, loginId)
    if (!own) {
      throw notMade(context, `The MCP server "${config.name}" did not take the call: ${FULL}.`)
    }
    // It counts already while it waits for the connection, so that the connection is not closed for another person.
    own.calls += 1
    try {
      await this.#settle(own, context.signal)
      context.signal.throwIfAborted()
      return await this.#callBy(own, known, input, context)
    } finally {
      own.calls -= 1
      own.usedAt = Date.now()
    }
  }

  async #callBy(
    { server }: Own,
    known: Tool,
    input: unknown,
    context: ToolContext,
  ): Promise<unknown> {
    const { config } = this.#options
    const tool = server.tools.find(({ name }) => name === known.name)
    if (!tool || definitionOf(tool) !== definitionOf(known)) {
      const why = tool
        ? 'the tool has become another one'
        : server.state.phase === 'down'
          ? server.state.reason
          : 'it has no such tool for you'
      throw notMade(context, `The MCP server "${config.name}" did not take the call: ${why}.`)
    }
    return tool.execute(input, context)
  }

  /** The call waits while its person signs in. */
  async #askToSignIn(context: ToolContext, error: SignedOutError): Promise<void> {
    const { ask, caller, signal } = context
    const { config, logins, signInUrl } = this.#options
    if (!ask) throw notMade(context, error.message)
    const { name } = config
    const message = `Sign in to “${name}”, so that the assistant can use it for you.`
    const { action } = await ask({ mode: 'url', message, url: signInUrl(name) }, signal)
    if (action !== 'accept' || !(await logins.of(caller.id)).has(name)) {
      throw notMade(context, `The person is not signed in to the MCP server "${name}".`)
    }
  }

  /** @returns null where all connections that there may be have calls under way */
  #ownOf(userId: UserId, loginId: string): Own | null {
    if (this.#own.get(userId)?.loginId !== loginId) this.leave(userId)
    const known = this.#own.get(userId)
    if (known) {
      known.usedAt = Date.now()
      return known
    }
    if (this.#own.size >= (this.#options.maxConnections ?? MAX_CONNECTIONS)) {
      const idle = [...this.#own].filter(([, one]) => !isBusy(one))
      const [oldest] = idle.toSorted(([, a], [, b]) => a.usedAt - b.usedAt)
      if (!oldest) return null
      this.leave(oldest[0])
    }
    const server = this.#options.connect(userId, loginId)
    const own = { server, loginId, usedAt: Date.now(), calls: 0 }
    this.#own.set(userId, own)
    return own
  }

  #sweep(): void {
    for (const [userId, own] of this.#own) {
      if (Date.now() - own.usedAt > IDLE_MS && !isBusy(own)) this.leave(userId)
    }
  }
}

function isBusy({ calls, server }: Own): boolean {
  return calls > 0 || server.isBusy
}

/** The outcome of a call that is a task at the server already is unknown; any other call was not made. */
function notMade({ task }: ToolContext, message: string): Error {
  return task?.known ? new CallLostError(message) : new Error(message)
}
