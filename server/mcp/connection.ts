import { setTimeout as delay } from 'node:timers/promises'
import {
  Client,
  ProtocolError,
  SdkHttpError,
  StreamableHTTPClientTransport,
  type Transport,
} from '@modelcontextprotocol/client'
import type { Logger } from 'pino'
import { z } from 'zod'
import type { ToolProgress } from '../../shared/contract/tool.ts'
import { CallLostError } from '../tools/port.ts'
import type { McpServerConfig } from './config.ts'
import { TooMuchError } from './inflow.ts'
import { pacedFetch } from './paced-fetch.ts'
import { reasonOf } from './reasons.ts'
import { StdioTransport } from './stdio-transport.ts'
import type { McpTimes } from './times.ts'

export type McpConnectionOptions = {
  config: McpServerConfig
  times: McpTimes
  logger: Logger
  onToolsChanged: () => void
  signal: AbortSignal
}

/** Only what is used of an answer is checked, piece by piece, elsewhere: one odd piece must not cost the others. */
const ToolPage = z.object({ tools: z.array(z.unknown()), nextCursor: z.string().optional() })
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
      if (cursor === undefined) break
    }
    return tools
  }

  /**
   * @throws {CallLostError} when the connection broke while the call was under way
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
      if (!(error instanceof ProtocolError)) this.#fail(reasonOf(error))
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
      if (!(error instanceof ProtocolError)) this.#fail(reasonOf(error))
    }
  }

  #fail(reason: string): void {
    this.#reason ??= reason
    void this.close()
  }

  #callError(error: unknown): Error {
    const server = `The MCP server "${this.#config.name}"`
    if (error instanceof ProtocolError) {
      return new Error(`${server} refused the call: ${error.message}`)
    }
    const refusal = error instanceof SdkHttpError ? error.status : undefined
    if (refusal === 400 || refusal === 404) {
      // It knows nothing of this connection any more; the next one is opened at once.
      this.#fail(reasonOf(error))
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

function makeTransport(
  config: McpServerConfig,
  logger: Logger,
  onTooMuch: (error: Error) => void,
): Transport {
  if (config.kind === 'http') {
    return new StreamableHTTPClientTransport(new URL(config.url), {
      requestInit: { headers: config.headers },
      fetch: pacedFetch(onTooMuch),
    })
  }
  const { command, args, env, cwd } = config
  const transport = new StdioTransport({
    command,
    args,
    env,
    cwd,
    onStderr: (text) => logger.debug({ server: config.name, text: text.slice(0, 2000) }, 'MCP'),
  })
  // The client sets its own beside it.
  transport.onerror = (error) => {
    if (error instanceof TooMuchError) onTooMuch(error)
  }
  return transport
}
