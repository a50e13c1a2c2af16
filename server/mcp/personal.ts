import type { UserId } from '../../shared/contract/ids.ts'
import { aborted } from '../concurrency/wakeup.ts'
import type { Tool, ToolContext } from '../tools/tool.ts'
import type { McpHttpConfig } from './config.ts'
import { definitionOf } from './definitions.ts'
import { SignedOutError } from './oauth/logins.ts'
import type { McpLogins } from './oauth/logins.ts'
import type { McpServer } from './server.ts'
import { rememberTask } from './tasks.ts'

/** A connection that nobody has used so long is closed. Milliseconds. */
const IDLE_MS = 15 * 60_000
const SWEEP_MS = 60_000
/** The longest wait of an answer, or of a call, for a connection. Milliseconds. */
const CONNECT_WAIT_MS = 10_000
/** Connections of all people to one server: the ones that were used longest ago make room. */
const MAX_CONNECTIONS = 200

type Options = {
  config: McpHttpConfig
  logins: McpLogins
  /** Connects to the server by the tokens of a person's login. */
  connect(userId: UserId, loginId: string): McpServer
  /** Where a person signs in to it. */
  signInUrl(server: string): string
  onChange(): void
}

type Own = { server: McpServer; loginId: string; usedAt: number }

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
   * What a person's connection offers, as its server describes it to them: for somebody else it may be another thing.
   *
   * @param userId absent for what anybody's connection offers, as the first describes it
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
   * Connects a person who is signed in, and waits for it as long as is decent. A connection by an earlier login of theirs
   * is closed: what the server keeps with it may be of another account.
   *
   * @param loginId null where they are not signed in
   */
  async prepare(userId: UserId, loginId: string | null, signal: AbortSignal): Promise<void> {
    const own = this.#own.get(userId)
    if (own && own.loginId !== loginId) this.leave(userId)
    if (loginId === null) return
    const server = this.#serverOf(userId, loginId)
    const waited = new AbortController()
    const over = AbortSignal.any([signal, waited.signal, AbortSignal.timeout(CONNECT_WAIT_MS)])
    await Promise.race([server.untilSettled(), aborted(over)])
    waited.abort()
  }

  /** Closes a person's connection: they signed out, or in as somebody else. */
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
    // A task that was made before they were signed out is asked for, and not made again.
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

  /** @param known as it was when the call was judged: only the identical tool may be called */
  async #callOnce(known: Tool, input: unknown, context: ToolContext): Promise<unknown> {
    const { config, logins } = this.#options
    const { id } = context.caller
    // Throws when they are signed in no more.
    await logins.token(id, config)
    const loginId = (await logins.of(id)).get(config.name)
    if (loginId === undefined) throw new SignedOutError(config.name)
    await this.prepare(id, loginId, context.signal)
    context.signal.throwIfAborted()
    const server = this.#serverOf(id, loginId)
    const tool = server.tools.find(({ name }) => name === known.name)
    if (!tool || definitionOf(tool) !== definitionOf(known)) {
      const why = tool
        ? 'the tool has become another one'
        : server.state.phase === 'down'
          ? server.state.reason
          : 'it has no such tool for you'
      throw new Error(`The MCP server "${config.name}" did not take the call: ${why}.`)
    }
    return tool.execute(input, context)
  }

  /** The call waits while its person signs in. */
  async #askToSignIn({ ask, caller, signal }: ToolContext, error: SignedOutError): Promise<void> {
    const { config, logins, signInUrl } = this.#options
    if (!ask) throw error
    const { name } = config
    const message = `Sign in to “${name}”, so that the assistant can use it for you.`
    const { action } = await ask({ mode: 'url', message, url: signInUrl(name) }, signal)
    if (action !== 'accept' || !(await logins.of(caller.id)).has(name)) {
      throw new Error(`The person is not signed in to the MCP server "${name}".`)
    }
  }

  #serverOf(userId: UserId, loginId: string): McpServer {
    const known = this.#own.get(userId)
    if (known) {
      known.usedAt = Date.now()
      return known.server
    }
    const [oldest] = [...this.#own].toSorted(([, a], [, b]) => a.usedAt - b.usedAt)
    if (oldest && this.#own.size >= MAX_CONNECTIONS) this.leave(oldest[0])
    const server = this.#options.connect(userId, loginId)
    this.#own.set(userId, { server, loginId, usedAt: Date.now() })
    return server
  }

  #sweep(): void {
    for (const [userId, { usedAt, server }] of this.#own) {
      if (Date.now() - usedAt > IDLE_MS && !server.isBusy) this.leave(userId)
    }
  }
}
