import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { initTRPC, TRPCError } from '@trpc/server'
import { applyWSSHandler } from '@trpc/server/adapters/ws'
import { WebSocketServer } from 'ws'
import { LogRecorder } from '../../session/testing/recorder.ts'
import { scriptedRouter } from './router.ts'
import type { Script } from './router.ts'

/** A real WebSocket server with one scripted session; tests control its network faults and its answers. */
export class ScriptedServer implements AsyncDisposable {
  readonly session = new LogRecorder()
  readonly script: Script
  /** The tokens of all connections; null for one without. */
  readonly tokens: (string | null)[] = []
  #changes = new EventTarget()
  #port = 0
  #halt: () => Promise<void> = async () => {}
  #sockets: WebSocketServer | null = null
  #handler: ReturnType<typeof applyWSSHandler> | null = null
  /** The token whose connections are refused. */
  refuseToken: string | null = null
  /** The largest number of requests in one frame. */
  largestBatch = 0

  private constructor() {
    const { session } = this
    const changed = (signal: AbortSignal): Promise<void> => this.#changed(signal)
    this.script = {
      session,
      changed,
      record: (act) => this.record(act),
      onSend: async () => {},
      onStop: async () => {},
      onList: async () => {},
      onRegenerate: async () => {},
      onWatch: async () => {},
      falsify: (event) => event,
      cursors: [],
      watching: 0,
      sends: [],
      created: [],
      unqueued: [],
    }
  }

  static async start(): Promise<ScriptedServer> {
    const server = new ScriptedServer()
    await server.listen()
    return server
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** The number of open sockets. */
  get connections(): number {
    return this.#sockets?.clients.size ?? 0
  }

  /** Changes the session and notifies the watches. */
  record(act: (session: LogRecorder) => void): void {
    act(this.session)
    this.#changes.dispatchEvent(new Event('change'))
  }

  /** Breaks every connection without a close frame. */
  drop(): void {
    for (const socket of this.#sockets?.clients ?? []) socket.terminate()
  }

  /** Stops reading from the existing connections, like a dead network. */
  freeze(): void {
    for (const socket of this.#sockets?.clients ?? []) socket.pause()
  }

  askToReconnect(): void {
    this.#handler?.broadcastReconnectNotification()
  }

  async halt(): Promise<void> {
    await this.#halt()
  }

  /** Listens; after a halt on the same port. */
  async listen(): Promise<void> {
    const http = createServer()
    const sockets = new WebSocketServer({ server: http })
    sockets.on('connection', (socket) => {
      socket.on('message', (frame: Buffer) => {
        const said: unknown = frame.toString().startsWith('[') ? JSON.parse(frame.toString()) : []
        if (Array.isArray(said)) this.largestBatch = Math.max(this.largestBatch, said.length)
      })
    })
    const trpc = initTRPC.context<{ token: string | null }>().create({
      errorFormatter: ({ shape, error }) => ({
        ...shape,
        data: {
          ...shape.data,
          ...(error.code === 'SERVICE_UNAVAILABLE' && { reason: 'database' as const }),
        },
      }),
    })
    this.#handler = applyWSSHandler({
      wss: sockets,
      router: scriptedRouter(trpc, this.script),
      createContext: ({ info }) => {
        const token = info.connectionParams?.['token'] ?? null
        this.tokens.push(token)
        if (token !== null && token === this.refuseToken) {
          throw new TRPCError({ code: 'UNAUTHORIZED', message: 'The token is refused' })
        }
        return { token }
      },
    })
    this.#sockets = sockets
    http.listen(this.#port, '127.0.0.1')
    await once(http, 'listening')
    this.#port = (http.address() as AddressInfo).port
    this.#halt = async () => {
      this.drop()
      sockets.close()
      http.close()
      http.closeAllConnections()
      await once(http, 'close')
      this.#halt = async () => {}
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.halt()
  }

  async #changed(signal: AbortSignal): Promise<void> {
    const ended = new AbortController()
    await Promise.race(
      [
        once(this.#changes, 'change', { signal: ended.signal }),
        once(signal, 'abort', { signal: ended.signal }),
      ].map((promise) => promise.catch(() => {})),
    )
    ended.abort()
  }
}
