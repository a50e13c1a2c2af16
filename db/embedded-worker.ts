import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'
import type { ThreadOptions } from './embedded-thread.ts'
import { extensions, keptTemplate, makeTemplate } from './embedded-template.ts'

// A thread of its own, which owns the embedded database: PGlite works synchronously, and nothing else would run
// meanwhile. What comes and goes by a session's port is Postgres's wire protocol. Whatever PGlite throws ends the
// thread, for a database that failed in its own middle can say nothing more; refusals are answers and not thrown.

/** Ends what the session before left open, and forgets what it set and prepared. */
const RESET = ['rollback', 'discard all', `set timezone = 'UTC'`]

const pglite = await open(workerData)
let session: MessagePort | null = null
parentPort?.on('message', (message: MessagePort | 'close') => {
  void (message === 'close' ? close() : begin(message))
})
parentPort?.postMessage('ready')

async function open({ folder, templateDir }: ThreadOptions): Promise<PGlite> {
  const opened = folder
    ? // PGlite runs without fsync by default; here a commit is to survive a power cut.
      new PGlite({
        dataDir: folder,
        extensions,
        startParams: PGlite.defaultStartParams.filter((param) => param !== '-F'),
      })
    : new PGlite({ extensions, loadDataDir: new Blob([await template(templateDir)]) })
  await opened.waitReady
  return opened
}

async function template(templateDir: string | null): Promise<Uint8Array<ArrayBuffer>> {
  return (await keptTemplate(templateDir)) ?? (await makeTemplate(templateDir))
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
