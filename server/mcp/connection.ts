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
import type { ToolContext } from '../tools/tool.ts'
import { Asking } from './asking.ts'
import type { McpServerConfig } from './config.ts'
import { failureReason } from './failure-reason.ts'
import { callError, FORGOTTEN } from './call-error.ts'
import { CallResult } from './call-result.ts'
import { callAsTask } from './tasks.ts'
import type { McpTimeouts } from './timeouts.ts'
import { makeTransport } from './transport/make-transport.ts'
import type { Tokens } from './transport/make-transport.ts'

export type McpConnectionOptions = {
  config: McpServerConfig
  times: McpTimeouts
  logger: Logger
  onToolsChanged: () => void
  /** Of the person whose connection this is. */
  tokens?: Tokens | undefined
  signal: AbortSignal
}

/**
 * A lenient schema: only the fields that are used are validated, one by one, so that one invalid tool does not cost the
 * others.
 */
const ToolPage = z.object({
  tools: z.array(z.unknown()).default([]),
  nextCursor: z.string().optional().catch(undefined),
})
const Anything = z.looseObject({})
const TasksCapability = z.object({
  tasks: z.object({ requests: z.object({ tools: z.object({ call: z.unknown() }) }) }),
})

/** The most pages of tools that are read, in case a list never ends. */
const MAX_PAGES = 32
/** The longest that ending the HTTP session may take. */
const TERMINATE_TIMEOUT_MS = 1_000
/** Longer than any tool's timeout: the caller's signal ends a call. */
const NO_TIMEOUT_MS = 2 ** 31 - 1

/** One connection to one server, from its initialization to its end. */
export class McpConnection {
  readonly #client: Client
  readonly #config: McpServerConfig
  readonly #times: McpTimeouts
  readonly #asking: Asking
  readonly #ended = Promise.withResolvers<string>()
  #reason: string | null = null
  #calls = 0
  /** Of the calls, those that can be tasks. */
  readonly #tasks = new Set<ToolContext>()
  #isChecking = false

  private constructor(client: Client, { config, times, logger }: McpConnectionOptions) {
    this.#client = client
    this.#asking = new Asking(() =>
      logger.warn(
        'an MCP server asked while calls of several people were under way: nobody was asked',
      ),
    )
    this.#config = config
    this.#times = times
  }

  /** @throws when the server cannot be reached or its initialization fails */
  static async open(options: McpConnectionOptions): Promise<McpConnection> {
    const { config, times, logger, onToolsChanged, tokens, signal } = options
    const client = new Client(
      { name: 'throughline', version: '1.0.0' },
      { capabilities: { elicitation: { form: {}, url: {} } } },
    )
    const connection = new McpConnection(client, options)
    const onTooLong = (error: Error) => connection.#fail(failureReason(error))
    const transport = makeTransport(config, logger, onTooLong, tokens)
    connection.#asking.attach(client)
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

  /** Resolves with a readable reason when the connection ends. */
  get ended(): Promise<string> {
    return this.#ended.promise
  }

  /** True when the connection ended because the server forgot its session: a new one can be opened at once. */
  get isForgotten(): boolean {
    return this.#reason === FORGOTTEN
  }

  /** The reason of the end, where it is known. */
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
      // Some servers send an empty cursor at the end of the list.
      if (!cursor) break
    }
    return tools
  }

  get isBusy(): boolean {
    return this.#calls > 0
  }

  /** Whether the server can carry calls of tools out as tasks. */
  get hasTasks(): boolean {
    return TasksCapability.safeParse(this.#client.getServerCapabilities()).success
  }

  get hasPrompts(): boolean {
    return this.#client.getServerCapabilities()?.prompts !== undefined
  }

  get hasResources(): boolean {
    return this.#client.getServerCapabilities()?.resources !== undefined
  }

  /**
   * Asks for something that changes nothing.
   *
   * @throws as `call` does
   */
  async read(
    request: { method: string; params: Record<string, unknown> },
    signal: AbortSignal,
  ): Promise<unknown> {
    this.#calls += 1
    try {
      return await this.#client.request(request, Anything, { signal, timeout: NO_TIMEOUT_MS })
    } catch (error) {
      signal.throwIfAborted()
      throw this.#callError(error)
    } finally {
      this.#calls -= 1
    }
  }

  /**
   * @param context of a call that can be a task: made by `rememberTask`
   * @throws {CallLostError} when the connection broke during the call, or the answer is unreadable
   * @throws {TaskUnseenError} when the connection broke, and the call is a task that may go on
   * @throws {ForgottenError} when the call did not begin; it may be repeated over the next connection
   * @throws an error with the server's message when it refused the call
   */
  async call(
    name: string,
    input: Record<string, unknown>,
    context: ToolContext,
    isTask: boolean,
    onProgress: (progress: ToolProgress) => void,
  ): Promise<CallResult> {
    const { signal } = context
    const request = { method: 'tools/call', params: { name, arguments: input } } as const
    const made = (): Promise<CallResult> => {
      if (isTask) {
        const connection: Parameters<typeof callAsTask>[0] = {
          ask: (one, over, isSmall) =>
            this.#client.request(one, Anything, {
              signal: over,
              timeout: isSmall ? this.#times.connectMs : NO_TIMEOUT_MS,
            }),
          isOver: (error) => this.#reason !== null || this.#isForgotten(error),
          now: () => performance.now(),
        }
        return callAsTask(connection, request.params, context)
      }
      return this.#client.request(request, CallResult, {
        signal,
        timeout: NO_TIMEOUT_MS,
        onprogress: ({ progress: done, total, message }) =>
          onProgress({
            done,
            ...(total !== undefined && { total }),
            ...(message !== undefined && { message }),
          }),
      })
    }
    this.#calls += 1
    if (isTask) this.#tasks.add(context)
    try {
      return await this.#asking.during(context, async () => {
        try {
          return await made()
        } catch (error) {
          if (await this.#asking.isSent(error, context)) return await made()
          throw error
        }
      })
    } catch (error) {
      signal.throwIfAborted()
      throw this.#callError(error, (context.task?.known ?? null) !== null)
    } finally {
      this.#calls -= 1
      this.#tasks.delete(context)
    }
  }

  /**
   * Pings the server, unless a call is running: then it may be too busy to answer. A server elsewhere answers while it
   * carries tasks out, and one that went silent in the middle of an answer is found by this alone.
   */
  async ping(): Promise<void> {
    const isElsewhere = this.#config.kind === 'http'
    const waiting = isElsewhere ? [...this.#tasks].filter(({ task }) => task?.known) : []
    if (this.#calls === waiting.length) await this.#check()
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

  /** Asks the server to end the HTTP session; failures are ignored. */
  async #leave(transport: StreamableHTTPClientTransport): Promise<void> {
    const polite = delay(TERMINATE_TIMEOUT_MS, undefined, { ref: false })
    await Promise.race([transport.terminateSession().catch(() => undefined), polite])
  }

  /** Over HTTP, a dead server causes only single errors, so each error triggers a ping. */
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
      // A protocol error is an answer too: the server is alive.
      if (!(error instanceof ProtocolError)) {
        this.#fail(this.#isForgotten(error) ? FORGOTTEN : failureReason(error))
      }
    }
  }

  #fail(reason: string): void {
    this.#reason ??= reason
    void this.close()
  }

  /**
   * Recognizes that the server does not know this session: the protocol says 404, but many servers answer 400 with a
   * message.
   */
  #isForgotten(error: unknown): boolean {
    const { transport } = this.#client
    if (!(error instanceof SdkHttpError) || !(transport instanceof StreamableHTTPClientTransport)) {
      return false
    }
    const isRefusal =
      error.status === 404 || (error.status === 400 && /session/i.test(error.message))
    return isRefusal && transport.sessionId !== undefined
  }

  #callError(error: unknown, hasBegun = false): Error {
    const { name: server } = this.#config
    const isForgotten = this.#isForgotten(error)
    if (isForgotten) this.#fail(FORGOTTEN)
    return callError(error, { server, reason: this.#reason, isForgotten, hasBegun })
  }
}
