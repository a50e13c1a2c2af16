import { Duplex } from 'node:stream'
import type { MessagePort } from 'node:worker_threads'

/**
 * The socket that `pg` gets: it carries the bytes of the wire protocol to the thread of the embedded database and back.
 */
export class EmbeddedConnection extends Duplex {
  readonly #open: () => Promise<MessagePort>
  #port: MessagePort | null = null

  constructor(open: () => Promise<MessagePort>) {
    super()
    this.#open = open
  }

  connect(): this {
    this.#open().then(
      (port) => {
        port.on('message', (answer: Uint8Array<ArrayBuffer>) =>
          this.push(Buffer.from(answer.buffer)),
        )
        this.#port = port
        if (this.destroyed) {
          port.close()
        } else {
          this.emit('connect')
        }
      },
      (error: Error) => this.destroy(error),
    )
    return this
  }

  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  ref(): this {
    this.#port?.ref()
    return this
  }

  unref(): this {
    this.#port?.unref()
    return this
  }

  /** Answers are pushed when they arrive. */
  override _read(): void {}

  /**
   * Writes that were buffered together, such as all messages of one statement, are sent as one message to the thread.
   */
  override _writev(chunks: { chunk: Buffer }[], callback: () => void): void {
    const request = new Uint8Array(chunks.reduce((length, { chunk }) => length + chunk.length, 0))
    let at = 0
    for (const { chunk } of chunks) {
      request.set(chunk, at)
      at += chunk.length
    }
    this.#port?.postMessage(request, [request.buffer])
    callback()
  }

  override _final(callback: () => void): void {
    this.push(null)
    callback()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#port?.close()
    callback(error)
  }
}
