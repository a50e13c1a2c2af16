import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { MessageChannel, Worker } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { EmbeddedConnection } from './embedded-connection.ts'
import { keptTemplateFile } from './embedded-template.ts'

export type ThreadOptions = {
  /** The folder of the database cluster, which must exist; null keeps everything in memory. */
  folder: string | null
  /** The folder with the cached template for a database in memory. */
  templateDir: string | null
}

/** Start-up data of the thread. */
export type ThreadData = ThreadOptions & {
  /** The path of the template, when there is one. */
  template: string | null
  pgliteWasmModule: WebAssembly.Module
}

let compiling: Promise<WebAssembly.Module> | null = null

/** PGlite's WebAssembly code has nine megabytes, so it is compiled once for all databases of this process. */
function compiled(): Promise<WebAssembly.Module> {
  compiling ??= readFile(
    new URL(
      'pglite.wasm',
      pathToFileURL(createRequire(import.meta.url).resolve('@electric-sql/pglite')),
    ),
  ).then((code) => WebAssembly.compile(code))
  return compiling
}

/** The thread of the embedded database ended by itself. The code is the SQLSTATE of a Postgres server that crashed. */
class ThreadDiedError extends Error {
  readonly code = '57P02'

  constructor(cause: unknown) {
    // WebAssembly may throw objects that are no `Error` but have a message.
    const hasMessage = typeof cause === 'object' && cause !== null && 'message' in cause
    super(
      `the embedded database crashed: ${hasMessage ? String(cause.message) : 'its thread ended'}`,
      {
        cause,
      },
    )
    this.name = 'ThreadDiedError'
  }
}

/**
 * The thread in which the embedded database runs. When it dies, all pending queries fail, and the next connection
 * starts it again from its folder. A database in memory has lost its data, so it is not started again.
 */
export class EmbeddedThread {
  readonly #options: ThreadOptions
  readonly #connections = new Set<EmbeddedConnection>()
  #worker: Promise<Worker> | null = null
  #died: ThreadDiedError | null = null

  constructor(options: ThreadOptions) {
    this.#options = options
  }

  /** Resolves when the database accepts connections. */
  async start(): Promise<Worker> {
    if (this.#died && this.#options.folder === null) {
      throw this.#died
    }
    this.#worker ??= this.#begin()
    return this.#worker
  }

  /** A connection to the database. There is only one session: a new connection takes it over from the previous one. */
  connection(): EmbeddedConnection {
    const connection = new EmbeddedConnection(() => this.#session())
    this.#connections.add(connection)
    connection.once('close', () => this.#connections.delete(connection))
    return connection
  }

  /** Closes the database and ends the thread. */
  async close(): Promise<void> {
    const worker = await this.#worker?.catch(() => null)
    if (worker) {
      const exited = once(worker, 'exit')
      worker.postMessage('close')
      await exited
    }
  }

  async #session(): Promise<MessagePort> {
    const worker = await this.start()
    const { port1, port2 } = new MessageChannel()
    worker.postMessage(port2, [port2])
    return port1
  }

  async #begin(): Promise<Worker> {
    // The extension is that of this file: `.ts` in the repository, `.js` in the published package.
    const file = new URL(`./embedded-worker${extname(import.meta.url)}`, import.meta.url)
    const { folder, templateDir } = this.#options
    const workerData: ThreadData = {
      folder,
      templateDir,
      template: folder === null ? await keptTemplateFile(templateDir) : null,
      pgliteWasmModule: await compiled(),
    }
    const worker = new Worker(file, { workerData, execArgv: [], name: 'database' })
    const ready = Promise.withResolvers<Worker>()
    let cause: unknown = null
    worker.once('message', () => ready.resolve(worker))
    worker.on('error', (error) => {
      cause = error
    })
    worker.once('exit', () => {
      const died = new ThreadDiedError(cause)
      this.#worker = null
      this.#died = died
      ready.reject(died)
      for (const connection of this.#connections) {
        connection.destroy(died)
      }
    })
    return ready.promise
  }
}
