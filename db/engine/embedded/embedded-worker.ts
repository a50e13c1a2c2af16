import { parentPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { readFile } from 'node:fs/promises'
import { PGlite } from '@electric-sql/pglite'
import type { ThreadData } from './embedded-thread.ts'
import { asBlob } from './embedded-archive.ts'
import { extensions } from './embedded-extensions.ts'

// The thread that owns the embedded database. PGlite works synchronously and would block the event loop of the server.
// The port of a session carries the wire protocol of Postgres. An exception of PGlite ends the thread, because its
// state is then undefined; SQL errors are ordinary answers and are not thrown.

/** Rolls back the transaction of the previous session, and resets its settings and prepared statements. */
const RESET = ['rollback', 'discard all', `set timezone = 'UTC'`]

/**
 * With Postgres's default of 128 MB a start takes twice as long, because the buffers are allocated, and the memory is
 * never freed.
 */
const LEAN = [...PGlite.defaultStartParams, '-c', 'shared_buffers=16MB']
/** PGlite runs without fsync by default; a database on disk must survive a power cut. */
const DURABLE = LEAN.filter((param) => param !== '-F')

const pglite = await open(workerData)
let session: MessagePort | null = null
parentPort?.on('message', (message: MessagePort | 'close') => {
  void (message === 'close' ? close() : begin(message))
})
parentPort?.postMessage('ready')

async function open(data: ThreadData): Promise<PGlite> {
  const { folder, pgliteWasmModule } = data
  const opened = folder
    ? new PGlite({ dataDir: folder, pgliteWasmModule, extensions, startParams: DURABLE })
    : new PGlite({
        pgliteWasmModule,
        extensions,
        startParams: LEAN,
        loadDataDir: await template(data),
      })
  await opened.waitReady
  return opened
}

async function template({ template: file, templateDir }: ThreadData): Promise<Blob> {
  if (file) {
    return asBlob(new Uint8Array(await readFile(file)))
  }
  // Imported lazily: it loads the whole schema, which is not needed when there is a template.
  const { makeTemplate } = await import('./embedded-template.ts')
  return asBlob(await makeTemplate(templateDir))
}

/** PGlite has one session: a new connection takes it over, and starts with a clean state. */
async function begin(port: MessagePort): Promise<void> {
  session?.close()
  session = port
  for (const statement of RESET) {
    await pglite.exec(statement)
  }
  port.on('message', (request: Uint8Array) => {
    // A copy, because some answers are views of PGlite's own buffer.
    const answer = pglite.execProtocolRawSync(request).slice()
    port.postMessage(answer, [answer.buffer])
  })
}

async function close(): Promise<void> {
  session?.close()
  await pglite.close()
  process.exit(0)
}
