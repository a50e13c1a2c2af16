import { setTimeout as delay } from 'node:timers/promises'
import {
  Client,
  ProtocolError,
  SdkHttpError,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client'
import type { Logger } from 'pino'
import { z } from 'zod'
import type { ToolProgress } from '../../shared/contract/tool.ts'
import { CallLostError } from '../tools/port.ts'
import type { McpServerConfig } from './config.ts'
import { CUT_OFF, UNREADABLE } from './messages.ts'
import { reasonOf } from './reasons.ts'
import type { McpTimes } from './times.ts'
import { makeTransport } from './transports.ts'

export type McpConnectionOptions = {
  config: McpServerConfig
  times: McpTimes
  logger: Logger
  onToolsChanged: () => void
  signal: AbortSignal
}

/** Only what is used of an answer is checked, piece by piece, elsewhere: one odd piece must not cost the others. */
const ToolPage = z.object({
  tools: z.array(z.unknown()).default([]),
  nextCursor: z.string().optional().catch(undefined),
})
export const CallResult = z.object({
  content: z.array(z.unknown()).default([]),
  structuredContent: z.unknown().optional(),
  isError: z.boolean().optional(),
})
export type CallResult = z.infer<typeof CallResult>

/** Pages of tools that are read; a list without end must not be read for ever. */
const MAX_PAGES = 32
/** How long saying goodbye may take. Milliseconds. */
const LEAVE_MS = 1_000
/** Beyond what any tool may take: the caller's signal is what ends a call. */
const NO_TIMEOUT = 2 ** 31 - 1

const FORGOTTEN = 'it has forgotten the session'

/** A call that the server did not begin, because it does not know the connection any more. */
export class ForgottenError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ForgottenError'
  }
}

/** One connection to one server, from its greeting to its end. */
export class McpConnection {
  readonly #client: Client
  readonly #config: McpServerConfig
  readonly #times: McpTimes
  readonly #ended = Promise.withResolvers<string>()
  #reason: string | null = null
  #calls = 0
  #isChecking = false

  private constructor(client: Client, { config, times }: McpConnectionOptions) {
    this.#client = client
    this.#config = config
    this.#times = times
  }

  /** @throws when the server is not there, or does not answer as it should */
  static async open(options: McpConnectionOptions): Promise<McpConnection> {
    const { config, times, logger, onToolsChanged, signal } = options
    const client = new Client({ name: 'throughline', version: '1.0.0' })
    const connection = new McpConnection(client, options)
    const transport = makeTransport(config, logger, (error) => connection.#fail(reasonOf(error)))
    client.onclose = () => connection.#ended.resolve(connection.#reason ?? 'it ended')
    client.onerror = (error) => connection.#noticed(error, logger)
    client.setNotificationHandler('notifications/tools/list_changed', onToolsChanged)
    try {
      await client.connect(transport, { timeout: times.connectMs, signal })
    } catch (error) {
      await transport.close()
      throw error
    }
    return connection
  }

  /** Resolves with the reason, in words, when the connection is over. */
  get ended(): Promise<string> {
    return this.#ended.promise
  }

  /** Whether it is over because the server forgot it: a new one can be opened at once. */
  get isForgotten(): boolean {
    return this.#reason === FORGOTTEN
  }

  /** Why it is over, where that is known. */
  get reason(): string | null {
    return this.#reason
  }

  async listTools(signal: AbortSignal): Promise<unknown[]> {
    const tools: unknown[] = []
    let cursor: string | undefined
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const params = cursor === undefined ? {} : { cursor }
      const { connectMs: timeout } = this.#times
      const request = { method: 'tools/list', params } as const
      const found = await this.#client.request(request, ToolPage, { signal, timeout })
      tools.push(...found.tools)
      cursor = found.nextCursor
      // Some write an empty one at the end of their list.
      if (!cursor) break
    }
    return tools
  }

  /**
   * @throws {CallLostError} when the connection broke while the call was under way, or its answer cannot be read
   * @throws {ForgottenError} when the call did not begin, and may over the next connection
   * @throws what the server said when it refused the call
   */
  async call(
    name: string,
    input: Record<string, unknown>,
    signal: AbortSignal,
    onProgress: (progress: ToolProgress) => void,
  ): Promise<CallResult> {
    this.#calls += 1
    try {
      const params = { name, arguments: input }
      return await this.#client.request({ method: 'tools/call', params }, CallResult, {
        signal,
        timeout: NO_TIMEOUT,
        onprogress: ({ progress: done, total, message }) =>
          onProgress({
            done,
            ...(total !== undefined && { total }),
            ...(message !== undefined && { message }),
          }),
      })
    } catch (error) {
      signal.throwIfAborted()
      throw this.#callError(error)
    } finally {
      this.#calls -= 1
    }
  }

  /** Asks whether the server is there, unless it is at work: then it may be too busy to answer. */
  async ping(): Promise<void> {
    if (this.#calls > 0) return
    try {
      await this.#client.ping({ timeout: this.#times.pingMs })
    } catch (error) {
      // One that does not know this question is there all the same.
      if (!(error instanceof ProtocolError)) {
        this.#fail(this.#isForgotten(error) ? FORGOTTEN : reasonOf(error))
      }
    }
  }

  async close(): Promise<void> {
    const { transport } = this.#client
    if (this.#reason === null && transport instanceof StreamableHTTPClientTransport) {
      await this.#leave(transport)
    }
    this.#reason ??= 'it was closed'
    await this.#client.close()
    this.#ended.resolve(this.#reason)
  }

  /** Lets the server forget what it keeps for this connection; one that does not care is left alone. */
  async #leave(transport: StreamableHTTPClientTransport): Promise<void> {
    const polite = delay(LEAVE_MS, undefined, { ref: false })
    await Promise.race([transport.terminateSession().catch(() => undefined), polite])
  }

  /** Over HTTP a dead server shows in nothing but an error here or there: then it is asked. */
  #noticed(error: Error, logger: Logger): void {
    logger.debug({ err: error, server: this.#config.name }, 'an MCP server made an error')
    if (this.#config.kind === 'http' && !this.#isChecking) {
      this.#isChecking = true
      void this.#check().finally(() => (this.#isChecking = false))
    }
  }

  async #check(): Promise<void> {
    try {
      await this.#client.ping({ timeout: this.#times.pingMs })
    } catch (error) {
      if (!(error instanceof ProtocolError)) {
        this.#fail(this.#isForgotten(error) ? FORGOTTEN : reasonOf(error))
      }
    }
  }

  #fail(reason: string): void {
    this.#reason ??= reason
    void this.close()
  }

  /** Whether the server does not know this session: by the protocol 404, but many say 400 and name it. */
  #isForgotten(error: unknown): boolean {
    const { transport } = this.#client
    if (!(error instanceof SdkHttpError) || !(transport instanceof StreamableHTTPClientTransport)) {
      return false
    }
    const isRefusal =
      error.status === 404 || (error.status === 400 && /session/i.test(error.message))
    return isRefusal && transport.sessionId !== undefined
  }

  #callError(error: unknown): Error {
    const server = `The MCP server "${this.#config.name}"`
    if (error instanceof ProtocolError && (error.code === UNREADABLE || error.code === CUT_OFF)) {
      // It answered, so it had begun; what came of that is not known.
      return new CallLostError(`${server} took the call, but ${error.message}.`, { cause: error })
    }
    if (error instanceof ProtocolError) {
      return new Error(`${server} refused the call: ${error.message}`)
    }
    const refusal = error instanceof SdkHttpError ? error.status : undefined
    if (this.#isForgotten(error)) {
      this.#fail(FORGOTTEN)
      return new ForgottenError(`${server} did not take the call: ${FORGOTTEN}.`, { cause: error })
    }
    // Of this call itself, not of the connection: what was not taken did nothing.
    const own = reasonOf(error)
    if ((refusal !== undefined && refusal < 500) || own.endsWith('(ECONNREFUSED)')) {
      return new Error(`${server} did not take the call: ${own}.`, { cause: error })
    }
    const reason = this.#reason ?? own
    return new CallLostError(`${server} was lost during the call: ${reason}.`, { cause: error })
  }
}
