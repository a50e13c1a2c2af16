import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Tool, ToolContext } from '../tools/port.ts'
import type { McpServerConfig } from './config.ts'
import { McpConnection } from './connection.ts'
import { toTools } from './definitions.ts'
import { clean, failureText, toOutput } from './output.ts'
import { reasonOf } from './reasons.ts'
import type { McpTimes } from './times.ts'

type State =
  | { phase: 'connecting' }
  | { phase: 'ready'; tools: readonly Tool[] }
  | { phase: 'down'; reason: string }

const MAX_PROGRESS_MESSAGE = 200

/** One server of the operator's file: connected, and connected again, for as long as this process lives. */
export class McpServer {
  readonly config: McpServerConfig
  readonly #times: McpTimes
  readonly #logger: Logger
  readonly #onChange: () => void
  readonly #closing = new AbortController()
  readonly #running: Promise<void>
  #state: State = { phase: 'connecting' }
  #settled = Promise.withResolvers<void>()

  constructor(options: {
    config: McpServerConfig
    times: McpTimes
    logger: Logger
    onChange: () => void
  }) {
    this.config = options.config
    this.#times = options.times
    this.#logger = options.logger.child({ mcp: options.config.name })
    this.#onChange = options.onChange
    this.#running = this.#run()
  }

  get state(): State {
    return this.#state
  }

  get tools(): readonly Tool[] {
    return this.#state.phase === 'ready' ? this.#state.tools : []
  }

  /** Resolves when it is known whether the server is there. */
  async untilSettled(): Promise<void> {
    if (this.#state.phase === 'connecting') await this.#settled.promise
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    let failures = 0
    while (!signal.aborted) {
      this.#become({ phase: 'connecting' })
      const began = performance.now()
      const reason = await this.#serve()
      this.#become({ phase: 'down', reason })
      // One that stood for a while is not one that cannot stand.
      failures = performance.now() - began > this.#times.longestRetryMs ? 0 : failures + 1
      const wait = Math.min(
        this.#times.retryMs * 2 ** Math.min(failures - 1, 16),
        this.#times.longestRetryMs,
      )
      if (!signal.aborted) {
        this.#logger.warn({ reason, retryMs: wait }, 'an MCP server is not there')
        await delay(wait * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => undefined)
      }
    }
  }

  /** Connects and serves until the connection is over; answers why it is. */
  async #serve(): Promise<string> {
    const { signal } = this.#closing
    let isChanged = Promise.withResolvers<void>()
    let connection: McpConnection | null = null
    try {
      connection = await McpConnection.open({
        config: this.config,
        times: this.#times,
        logger: this.#logger,
        onToolsChanged: () => isChanged.resolve(),
        signal,
      })
      const over = new AbortController()
      const ended = connection.ended.finally(() => over.abort())
      const stop = () => void connection?.close()
      signal.addEventListener('abort', stop, { once: true })
      void this.#keepAsking(connection, over.signal)
      try {
        while (!over.signal.aborted && !signal.aborted) {
          const listed = await connection.listTools(over.signal)
          this.#offer(connection, listed)
          await Promise.race([isChanged.promise, ended])
          isChanged = Promise.withResolvers<void>()
          // However often it says so: a server that keeps changing its mind is read now and then.
          await Promise.race([delay(this.#times.relistMs, undefined, { ref: false }), ended])
        }
        return await ended
      } finally {
        signal.removeEventListener('abort', stop)
      }
    } catch (error) {
      this.#logger.debug({ err: error }, 'an MCP server cannot be used')
      return connection?.reason ?? reasonOf(error)
    } finally {
      await connection?.close()
    }
  }

  async #keepAsking(connection: McpConnection, over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      await delay(this.#times.idleMs, undefined, { signal: over, ref: false }).catch(
        () => undefined,
      )
      if (!over.aborted) await connection.ping()
    }
  }

  #offer(connection: McpConnection, listed: readonly unknown[]): void {
    const { tools, refused } = toTools(this.config, listed, (tool, input, context) =>
      this.#call(connection, tool, input, context),
    )
    if (refused.length > 0) {
      this.#logger.warn({ refused: refused.slice(0, 20) }, 'tools of an MCP server are not offered')
    }
    this.#become({ phase: 'ready', tools })
  }

  async #call(
    connection: McpConnection,
    tool: string,
    input: Record<string, unknown>,
    { signal, onProgress }: ToolContext,
  ): Promise<unknown> {
    const result = await connection.call(tool, input, signal, ({ done, total, message }) => {
      if (Number.isFinite(done)) {
        onProgress?.({
          done,
          ...(total !== undefined && Number.isFinite(total) && { total }),
          ...(message && { message: clean(message.slice(0, MAX_PROGRESS_MESSAGE)) }),
        })
      }
    })
    if (result.isError) throw new Error(failureText(result))
    return toOutput(result)
  }

  #become(state: State): void {
    const before = this.#state
    this.#state = state
    if (state.phase === 'connecting') {
      if (before.phase !== 'connecting') this.#settled = Promise.withResolvers<void>()
      return
    }
    this.#settled.resolve()
    if (state.phase === 'ready' || before.phase === 'ready') this.#onChange()
  }
}
