import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { readFile } from 'node:fs/promises'
import { PGlite } from '@electric-sql/pglite'
import type { ThreadData } from './embedded-thread.ts'
import { asBlob } from './embedded-archive.ts'
import { extensions } from './embedded-extensions.ts'

// A thread of its own, which owns the embedded database: PGlite works synchronously, and nothing else would run
// meanwhile. What comes and goes by a session's port is Postgres's wire protocol. Whatever PGlite throws ends the
// thread, for a database that failed in its own middle can say nothing more; refusals are answers and not thrown.

/** Ends what the session before left open, and forgets what it set and prepared. */
const RESET = ['rollback', 'discard all', `set timezone = 'UTC'`]

/** With Postgres's default of 128 MB a start takes twice as long, to fill them, and the memory is never given back. */
const LEAN = [...PGlite.defaultStartParams, '-c', 'shared_buffers=16MB']
/** PGlite runs without fsync by default; on disk a commit is to survive a power cut. */
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
  // With all that knows the schema, which this thread does without when there is a template.
  const { makeTemplate } = await import('./embedded-template.ts')
  return asBlob(await makeTemplate(templateDir))
}

/** PGlite has one session: whoever comes takes it over from the one before, and begins as with a fresh one. */
async function begin(port: MessagePort): Promise<void> {
  session?.close()
  session = port
  for (const statement of RESET) {
    await pglite.exec(statement)
  }
  port.on('message', (request: Uint8Array) => {
    // A copy: some answers are a view of PGlite's own buffer.
    const answer = pglite.execProtocolRawSync(request).slice()
    port.postMessage(answer, [answer.buffer])
  })
}

async function close(): Promise<void> {
  session?.close()
  await pglite.close()
  process.exit(0)
}
