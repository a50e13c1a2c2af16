import { setTimeout as delay } from 'node:timers/promises'
import { Client, SdkHttpError, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import type { VersionNegotiationMode } from '@modelcontextprotocol/client'
import type { Logger } from 'pino'
import { z } from 'zod'
import type { ToolProgress } from '../../../shared/contract/tool.ts'
import type { ToolContext } from '../../tools/tool.ts'
import { Asking } from '../calls/asking.ts'
import type { McpServerConfig } from '../config.ts'
import { failureReason } from './failure-reason.ts'
import { callError, FORGOTTEN } from '../calls/call-error.ts'
import type { CallResult } from '../calls/call-result.ts'
import { Liveness } from './liveness.ts'
import { AsSent } from '../protocol/as-sent.ts'
import { listTools } from '../protocol/list-tools.ts'
import { hearOfTools, negotiated, probeTimeout } from './revisions.ts'
import { untilDone } from '../calls/rounds.ts'
import { callAsTask } from '../calls/tasks.ts'
import { paramHeaders } from '../calls/param-headers.ts'
import type { McpTimeouts } from './timeouts.ts'
import { makeTransport } from '../transport/make-transport.ts'
import type { Tokens } from '../transport/make-transport.ts'

export type McpConnectionOptions = {
  /** True when the server is known to speak only revisions before 2026-07-28. */
  isLegacy?: boolean | undefined
  config: McpServerConfig
  times: McpTimeouts
  logger: Logger
  onToolsChanged: () => void
  /** The tokens of the connection's person. */
  tokens?: Tokens | undefined
  signal: AbortSignal
}

const TasksCapability = z.object({
  tasks: z.object({ requests: z.object({ tools: z.object({ call: z.unknown() }) }) }),
})

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
  readonly #liveness: Liveness

  private constructor(client: Client, { config, times, logger }: McpConnectionOptions) {
    this.#client = client
    this.#asking = new Asking(() =>
      logger.warn(
        'an MCP server asked while it may be at calls of several people: nobody was asked',
      ),
    )
    this.#config = config
    this.#times = times
    const { pingMs: timeout } = times
    this.#liveness = new Liveness({
      ping: () => (this.isModern ? client.discover({ timeout }) : client.ping({ timeout })),
      isElsewhere: config.kind === 'http',
      onSilence: (error) => this.#fail(this.#isForgotten(error) ? FORGOTTEN : failureReason(error)),
    })
  }

  /**
   * Connects by the newest revision of the protocol that both sides know.
   *
   * @throws when the server cannot be reached or its initialization fails
   */
  static open(options: McpConnectionOptions): Promise<McpConnection> {
    return negotiated((mode) => McpConnection.#open(options, mode), options)
  }

  static async #open(
    options: McpConnectionOptions,
    mode: VersionNegotiationMode,
  ): Promise<McpConnection> {
    const { config, times, logger, onToolsChanged, tokens, signal } = options
    const client = new Client(
      { name: 'throughline', version: '1.0.0' },
      {
        capabilities: { elicitation: { form: {}, url: {} } },
        versionNegotiation: { mode, probe: { timeoutMs: probeTimeout(mode, times) } },
      },
    )
    const connection = new McpConnection(client, options)
    const onTooLong = (error: Error) => connection.#fail(failureReason(error))
    const transport = makeTransport(config, logger, onTooLong, tokens)
    connection.#asking.attach(client)
    client.onclose = () => connection.#ended.resolve(connection.#reason ?? 'it ended')
    client.onerror = (error) => {
      logger.debug({ err: error, server: config.name }, 'an MCP server made an error')
      connection.#liveness.noticeError()
    }
    client.setNotificationHandler('notifications/tools/list_changed', onToolsChanged)
    try {
      await client.connect(transport, { timeout: times.connectMs, signal })
    } catch (error) {
      await transport.close()
      throw error
    }
    if (connection.isModern) {
      const isOver = () => connection.#reason !== null
      void hearOfTools(client, { times, ended: connection.ended, isOver, onToolsChanged })
    }
    return connection
  }

  /** True for the protocol revision of 2026-07-28 and later, which has neither sessions nor pings. */
  get isModern(): boolean {
    return this.#client.getProtocolEra() === 'modern'
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

  listTools(signal: AbortSignal): Promise<unknown[]> {
    return listTools(this.#client, { signal, timeout: this.#times.connectMs })
  }

  get isBusy(): boolean {
    return this.#liveness.isBusy
  }

  /** True when the server can carry out tool calls as tasks. The revision of 2026-07-28 has none. */
  get hasTasks(): boolean {
    return !this.isModern && TasksCapability.safeParse(this.#client.getServerCapabilities()).success
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
    using _ = this.#liveness.busy()
    try {
      return await this.#client.request(request, AsSent, { signal, timeout: NO_TIMEOUT_MS })
    } catch (error) {
      signal.throwIfAborted()
      throw this.#callError(error)
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
    { isTask, schema }: { isTask: boolean; schema: unknown },
    onProgress: (progress: ToolProgress) => void,
  ): Promise<CallResult> {
    const { signal } = context
    const request = { method: 'tools/call', params: { name, arguments: input } } as const
    const made = (): Promise<CallResult> => {
      if (isTask) {
        const connection: Parameters<typeof callAsTask>[0] = {
          ask: (one, over, isSmall) =>
            this.#client.request(one, AsSent, {
              signal: over,
              timeout: isSmall ? this.#times.connectMs : NO_TIMEOUT_MS,
            }),
          isOver: (error) => this.#reason !== null || this.#isForgotten(error),
          now: () => performance.now(),
        }
        return callAsTask(connection, request.params, context)
      }
      return untilDone(this.#client, this.#asking, request, context, {
        signal,
        timeout: NO_TIMEOUT_MS,
        headers: this.isModern ? paramHeaders(schema, input) : {},
        onprogress: ({ progress: done, total, message }) =>
          onProgress({
            done,
            ...(total !== undefined && { total }),
            ...(message !== undefined && { message }),
          }),
      })
    }
    using _ = this.#liveness.busy(isTask ? context : null)
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
    }
  }

  /** Pings the server, where it can be expected to answer; one that does not ends the connection. */
  ping(): Promise<void> {
    return this.#liveness.ping()
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

  #fail(reason: string): void {
    this.#reason ??= reason
    void this.close()
  }

  /**
   * Recognizes that the server does not know this session: the protocol requires 404, but many servers answer 400 with
   * a message.
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
