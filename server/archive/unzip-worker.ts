import { closeSync, createReadStream, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Unzip, UnzipInflate } from 'fflate'
import { answerFromThread } from '../concurrency/thread-work.ts'
import { ThreadRefusal } from '../concurrency/threads.ts'
import { JSON_NAME, referredFiles } from './referred-files.ts'
import type { Unpacked, Unzipped, UnzipTask } from './unzip.ts'

/** More entries than any export has. */
const MOST_ENTRIES = 20_000
/** The limit of the conversations, as in an import without files. */
const MAX_JSON = 64 * 1024 * 1024

answerFromThread(async (task: UnzipTask): Promise<Unzipped> => {
  const entries = await unpack(task)
  const json = conversationsIn(entries)
  return { json, referred: referredFiles(readFileSync(json, 'utf8'), entries) }
})

/** The path of the unpacked conversations. */
function conversationsIn(entries: readonly Unpacked[]): string {
  const entry = entries.find(({ name }) => name === JSON_NAME || name.endsWith(`/${JSON_NAME}`))
  if (!entry) throw new ThreadRefusal(`The archive has no ${JSON_NAME}.`)
  if (entry.bytes > MAX_JSON) throw new ThreadRefusal(`${JSON_NAME} may have 64 MiB at most.`)
  return entry.path
}

async function unpack({ path, folder, maxBytes }: UnzipTask): Promise<Unpacked[]> {
  const unpacked: Unpacked[] = []
  let left = maxBytes
  const failures: Error[] = []
  const fail = (message: string) => void failures.push(new ThreadRefusal(message))
  const unzip = new Unzip((file) => {
    if (file.name.endsWith('/')) return
    if (unpacked.length >= MOST_ENTRIES) {
      return fail(`The archive has more than ${MOST_ENTRIES} files.`)
    }
    // The unpacked file gets a number for a name, because names in an archive may be anything.
    const entry = { name: file.name, path: join(folder, String(unpacked.length)), bytes: 0 }
    unpacked.push(entry)
    const handle = openSync(entry.path, 'wx', 0o600)
    file.ondata = (error, piece, final) => {
      if (error) fail('The archive is damaged.')
      left -= piece.length
      entry.bytes += piece.length
      if (left < 0) fail('The archive unpacks to more than may be read.')
      const [failure] = failures
      if (!failure) writeSync(handle, piece)
      if (final || failure) closeSync(handle)
      if (failure) throw failure
    }
    file.start()
  })
  unzip.register(UnzipInflate)
  try {
    for await (const piece of createReadStream(path)) {
      if (piece instanceof Uint8Array) unzip.push(piece)
      const [failure] = failures
      if (failure) throw failure
    }
    unzip.push(new Uint8Array(0), true)
  } catch (error) {
    const [failure] = failures
    throw (
      failure ??
      (error instanceof ThreadRefusal ? error : new ThreadRefusal('The archive is damaged.'))
    )
  }
  if (unpacked.length === 0) {
    throw new ThreadRefusal('This is no zip archive, or there is nothing in it.')
  }
  return unpacked
}
