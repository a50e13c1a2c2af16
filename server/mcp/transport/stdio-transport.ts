import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { platform } from 'node:os'
import type { Readable } from 'node:stream'
import { setImmediate as immediate, setTimeout as delay } from 'node:timers/promises'
import { serializeMessage } from '@modelcontextprotocol/client'
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client'
import { getDefaultEnvironment } from '@modelcontextprotocol/client/stdio'
import { guardChild } from './child-guard.ts'
import { MessageRateLimiter } from './receive-limit.ts'
import { Lines } from './lines.ts'
import { Messages } from '../protocol/messages.ts'

/** The longest that a server may take to end by itself after the end of its input. */
const END_TIMEOUT_MS = 500
/** The longest until it is then killed. */
const KILL_TIMEOUT_MS = 3_000
/** The longest that remaining output is read after the end of the process. */
const DRAIN_TIMEOUT_MS = 200
/** The most messages that are delivered without yielding to the event loop. */
const BATCH_MESSAGES = 32

export type StdioOptions = {
  command: string
  args: string[]
  /** Added to the few variables that every program needs (`PATH`, `HOME` …); nothing else is inherited. */
  env: Record<string, string>
  cwd: string | undefined
  /** Called with the text of the server's standard error. */
  onStderr: (text: string) => void
}

/**
 * A server as a child process that exchanges messages line by line. Unlike the transport of the client library, it
 * applies backpressure, bounds the length of a line, and ends all descendants of the child.
 */
export class StdioTransport implements Transport {
  readonly #options: StdioOptions
  readonly #rateLimit = new MessageRateLimiter()
  readonly #lines = new Lines()
  readonly #messages = new Messages()
  #child: ChildProcessWithoutNullStreams | null = null
  #kill: () => void = () => undefined
  /** Bytes received since the last complete line. */
  #bytes = 0
  #delivering = Promise.resolve()
  #isExpelled = false
  #isClosed = false
  onclose?: (() => void) | undefined
  onerror?: ((error: Error) => void) | undefined
  onmessage?: Transport['onmessage']

  constructor(options: StdioOptions) {
    this.#options = options
  }

  /**
   * By this and `stderr` the client library recognizes a child process: one that is silent speaks an earlier revision.
   */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  get stderr(): Readable | undefined {
    return this.#child?.stderr
  }

  async start(): Promise<void> {
    const { command, args, env, cwd, onStderr } = this.#options
    const child = spawn(command, args, {
      cwd,
      env: { ...getDefaultEnvironment(), ...env },
      stdio: 'pipe',
      detached: platform() !== 'win32',
      windowsHide: true,
    })
    await once(child, 'spawn')
    this.#child = child
    this.#kill = guardChild(child)
    child.on('error', (error) => this.onerror?.(error))
    child.stdin.on('error', (error) => this.onerror?.(error))
    child.stderr.setEncoding('utf8').on('data', onStderr)
    child.stdout.on('data', (chunk: Buffer) => this.#take(chunk))
    // A descendant may keep the pipes open, so the exit of the server itself counts.
    child.once('exit', () => void this.#end())
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const stdin = this.#child?.stdin
    if (!stdin?.writable) throw new Error('the server is not there any more')
    this.#messages.sent(message)
    if (!stdin.write(serializeMessage(message))) {
      await Promise.race([once(stdin, 'drain'), once(stdin, 'close')])
    }
  }

  async close(): Promise<void> {
    const child = this.#child
    if (!child || this.#isClosed) return
    child.stdin.end()
    if (!(await this.#exits(child, END_TIMEOUT_MS))) {
      this.#kill()
      await this.#exits(child, KILL_TIMEOUT_MS)
    }
    await this.#end()
  }

  /** Ends a server that violates the limits, at once. */
  #expel(error: Error): void {
    this.#isExpelled = true
    this.#child?.stdout.destroy()
    this.#kill()
    this.onerror?.(error)
    void this.#end()
  }

  #take(chunk: Buffer): void {
    let lines: string[]
    try {
      lines = this.#lines.push(chunk)
    } catch (error) {
      return this.#expel(error instanceof Error ? error : new Error(String(error)))
    }
    this.#bytes += chunk.length
    if (lines.length > 0) {
      this.#delivering = this.#deliverAll(lines, this.#bytes, this.#delivering)
      this.#bytes = 0
    }
  }

  /** Delivered in small batches, so that other work gets its turn; nothing more is read meanwhile. */
  async #deliverAll(lines: string[], bytes: number, before: Promise<void>): Promise<void> {
    this.#child?.stdout.pause()
    await before
    for (const [index, line] of lines.entries()) {
      if (this.#isExpelled) return
      this.#deliver(line)
      if (index % BATCH_MESSAGES === BATCH_MESSAGES - 1) await immediate()
    }
    const wait = this.#rateLimit.take(lines.length, bytes)
    if (wait > 0) await delay(wait, undefined, { ref: false })
    this.#child?.stdout.resume()
  }

  #deliver(line: string): void {
    try {
      for (const message of this.#messages.read(line)) this.onmessage?.(message)
    } catch (error) {
      // Some servers print other lines than messages to standard output.
      this.onerror?.(new Error('a line was no message', { cause: error }))
    }
  }

  async #exits(child: ChildProcessWithoutNullStreams, withinMs: number): Promise<boolean> {
    const gone = () => child.exitCode !== null || child.signalCode !== null
    if (!gone()) {
      const waited = new AbortController()
      const { signal } = waited
      await Promise.race([
        once(child, 'exit', { signal }).catch(() => undefined),
        delay(withinMs, undefined, { signal }).catch(() => undefined),
      ])
      waited.abort()
    }
    return gone()
  }

  async #end(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    // The remaining output is still read, unless the server violated the limits.
    await immediate()
    await Promise.race([this.#delivering, delay(DRAIN_TIMEOUT_MS, undefined, { ref: false })])
    this.#kill()
    this.#child?.stdout.destroy()
    this.#child?.stderr.destroy()
    this.onclose?.()
  }
}
