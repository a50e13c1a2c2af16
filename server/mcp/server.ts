import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Tool, ToolContext } from '../tools/tool.ts'
import type { McpServerConfig } from './config.ts'
import { ForgottenError, TaskUnseenError } from './calls/call-error.ts'
import { McpConnection } from './connection/connection.ts'
import { definitionOf, toTools } from './definitions.ts'
import { failureText, toOutput } from './calls/output.ts'
import { cleanText } from './protocol/clean-text.ts'
import { failureReason } from './connection/failure-reason.ts'
import { resourceTools } from './resources.ts'
import { rememberTask } from './calls/tasks.ts'
import type { McpTimeouts } from './connection/timeouts.ts'
import type { Tokens } from './transport/make-transport.ts'

type State =
  | { phase: 'connecting' }
  | { phase: 'ready'; tools: readonly Tool[]; connection: McpConnection }
  | { phase: 'down'; reason: string }

const MAX_PROGRESS_MESSAGE = 200
/** The longest wait of a call that has not begun for the next connection. */
const RECONNECT_TIMEOUT_MS = 10_000
/** The longest wait for it of a call that is a task, and goes on at its server meanwhile. */
const TASK_TIMEOUT_MS = 60_000
/** The most connections over which one call is tried, in case its own result is what breaks them. */
const MAX_CONNECTIONS = 50

/** One server of the operator's configuration: it is connected, and reconnected, for as long as this process lives. */
export class McpServer {
  readonly config: McpServerConfig
  readonly #times: McpTimeouts
  readonly #logger: Logger
  readonly #onChange: () => void
  readonly #tokens: Tokens | undefined
  readonly #closing = new AbortController()
  readonly #running: Promise<void>
  #isLegacy = false
  #state: State = { phase: 'connecting' }
  #settled = Promise.withResolvers<void>()
  #changed = Promise.withResolvers<void>()

  constructor(options: {
    config: McpServerConfig
    times: McpTimeouts
    logger: Logger
    onChange: () => void
    tokens?: Tokens | undefined
  }) {
    this.config = options.config
    this.#times = options.times
    this.#logger = options.logger.child({ mcp: options.config.name })
    this.#onChange = options.onChange
    this.#tokens = options.tokens
    this.#running = this.#run()
  }

  get state(): State {
    return this.#state
  }

  get tools(): readonly Tool[] {
    return this.#state.phase === 'ready' ? this.#state.tools : []
  }

  /** The connection; null while there is none. */
  get connection(): McpConnection | null {
    return this.#state.phase === 'ready' ? this.#state.connection : null
  }

  /** True while a call is under way. */
  get isBusy(): boolean {
    return this.#state.phase === 'ready' && this.#state.connection.isBusy
  }

  /** Resolves when the first connection succeeded or failed. */
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
      const { reason, isForgotten } = await this.#serve()
      if (isForgotten && performance.now() - began > this.#times.retryMs) continue
      this.#become({ phase: 'down', reason })
      // A connection that lasted a while resets the backoff.
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

  /** Connects, and resolves with the reason when the connection has ended. */
  async #serve(): Promise<{ reason: string; isForgotten: boolean }> {
    const { signal } = this.#closing
    let isChanged = Promise.withResolvers<void>()
    let connection: McpConnection | null = null
    try {
      connection = await McpConnection.open({
        config: this.config,
        times: this.#times,
        logger: this.#logger,
        onToolsChanged: () => isChanged.resolve(),
        tokens: this.#tokens,
        signal,
        isLegacy: this.#isLegacy,
      })
      // The revision of a process is known from here on, so its restarts need not ask for it.
      this.#isLegacy = this.config.kind === 'stdio' && !connection.isModern
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
          // However often the server announces a change, its list is read at most at this interval.
          await Promise.race([delay(this.#times.relistMs, undefined, { ref: false }), ended])
        }
        return { reason: await ended, isForgotten: connection.isForgotten }
      } finally {
        signal.removeEventListener('abort', stop)
      }
    } catch (error) {
      this.#logger.debug({ err: error }, 'an MCP server cannot be used')
      return {
        reason: connection?.reason ?? failureReason(error),
        isForgotten: connection?.isForgotten ?? false,
      }
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
    const { tools, refused, mended } = toTools(
      this.config,
      listed,
      async (tool, input, context) => {
        // The next connection reads a task that was made over this one.
        const given = rememberTask(context)
        let over = connection
        for (let connections = 1; ; connections += 1) {
          try {
            return await this.#call(over, tool, input, given)
          } catch (error) {
            const isUnseen = error instanceof TaskUnseenError
            const mayGoOn = isUnseen || error instanceof ForgottenError
            if (!mayGoOn || context.signal.aborted || connections >= MAX_CONNECTIONS) throw error
            const waitMs = isUnseen ? TASK_TIMEOUT_MS : RECONNECT_TIMEOUT_MS
            const wait = AbortSignal.any([context.signal, AbortSignal.timeout(waitMs)])
            const next = await this.#connectionAfter(over, tool.offered, wait)
            if (!next) throw error
            over = next
          }
        }
      },
      { hasTasks: connection.hasTasks },
    )
    if (refused.length > 0) {
      this.#logger.warn({ refused: refused.slice(0, 20) }, 'tools of an MCP server are not offered')
    }
    if (mended.length > 0) {
      this.#logger.warn(
        { mended: mended.slice(0, 20) },
        'of the schemas of an MCP server, what is no JSON Schema is left out',
      )
    }
    const own = new Set(tools.map(({ name }) => name))
    const reading = connection.hasResources
      ? resourceTools(this.config, connection).filter(({ name }) => !own.has(name))
      : []
    this.#become({ phase: 'ready', tools: [...tools, ...reading], connection })
  }

  /** The next connection, once it offers the identical tool, because an approval is only for that tool. */
  async #connectionAfter(
    lost: McpConnection,
    tool: Tool,
    signal: AbortSignal,
  ): Promise<McpConnection | null> {
    const over = AbortSignal.any([signal, this.#closing.signal])
    const ended = Promise.withResolvers<void>()
    over.addEventListener('abort', () => ended.resolve(), { once: true })
    while (!over.aborted) {
      const state = this.#state
      if (state.phase === 'ready' && state.connection !== lost) {
        const again = state.tools.find(({ name }) => name === tool.name)
        return again && definitionOf(again) === definitionOf(tool) ? state.connection : null
      }
      await Promise.race([this.#changed.promise, ended.promise])
    }
    return null
  }

  async #call(
    connection: McpConnection,
    tool: { listedName: string; offered: Tool; isTask: boolean },
    input: Record<string, unknown>,
    context: ToolContext,
  ): Promise<unknown> {
    const { onProgress, attach } = context
    const result = await connection.call(
      tool.listedName,
      input,
      context,
      { isTask: tool.isTask, schema: tool.offered.schemas?.input },
      ({ done, total, message }) => {
        if (Number.isFinite(done)) {
          onProgress?.({
            done,
            ...(total !== undefined && Number.isFinite(total) && { total }),
            ...(message && { message: cleanText(message.slice(0, MAX_PROGRESS_MESSAGE)) }),
          })
        }
      },
    )
    if (result.isError) throw new Error(failureText(result))
    return toOutput(result, attach)
  }

  #become(state: State): void {
    const before = this.#state
    this.#state = state
    this.#changed.resolve()
    this.#changed = Promise.withResolvers<void>()
    if (state.phase === 'connecting') {
      if (before.phase !== 'connecting') this.#settled = Promise.withResolvers<void>()
      return
    }
    this.#settled.resolve()
    if (state.phase === 'ready' || before.phase === 'ready') this.#onChange()
  }
}
