import { rm, writeFile } from 'node:fs/promises'
import type { Db } from '../../db/engine/database.ts'
import { findUser } from '../../db/queries/users.ts'
import { safeFileName } from '../../shared/contract/file.ts'
import type { File } from '../../shared/contract/file.ts'
import type { FileId, UserId } from '../../shared/contract/ids.ts'
import { CommandError } from '../api-error.ts'
import type { LogIds, OnError } from '../log-ids.ts'
import { toUser } from '../auth/user.ts'
import { isFull } from './disk-store.ts'
import type { Files } from './files.ts'
import { StoreError } from './store.ts'

/** The most files of one call. */
const MOST = 20
/** The time limit for storing all of them, so that a call is not delayed for longer. Milliseconds. */
const PATIENCE_MS = 90_000
/** The longest wait for each one's text. Milliseconds. */
const READING_MS = 20_000

type Brought = { id: FileId; name: string; mimeType: string | null; data: Uint8Array }
type Kept = { file: File } | { note: string }

/** Stores the files of tools as if the person had sent them: within the same limits, each by itself. */
export function createFileKeeper(files: Files, { db, onError }: { db: Db; onError: OnError }) {
  async function keepOne(
    userId: UserId,
    { data, ...about }: Brought,
    over: AbortSignal,
    lines: LogIds,
  ): Promise<Kept> {
    const name = safeFileName(about.name)
    const refused = (why: string): Kept => ({ note: `The file “${name}” was not stored: ${why}` })
    if (data.length > files.maxBytes) {
      return refused(`it has more than ${Math.floor(files.maxBytes / (1024 * 1024))} MB.`)
    }
    const path = files.temporaryPath()
    try {
      const user = await findUser(db, userId)
      if (!user) return refused('whoever asked for it is not here any more.')
      await writeFile(path, data, { mode: 0o600, flag: 'wx' })
      const file = await files.accept(toUser(user), { ...about, path })
      if (file.status !== 'processing') return { file }
      // The model gets the text of the file too.
      const [read = file] = await files.settled(userId, [file.id], over)
      return { file: read }
    } catch (error) {
      if (error instanceof CommandError) return refused(error.message)
      onError(error, 'a file that a tool brought could not be stored', lines)
      return refused(reasonOf(error))
    } finally {
      await rm(path, { force: true })
    }
  }

  return {
    /**
     * Never throws. A file that is still being stored when it is not needed any more belongs to nothing, and is
     * removed.
     */
    async keep(
      userId: UserId,
      brought: readonly Brought[],
      signal: AbortSignal,
      lines: LogIds = {},
    ) {
      const over = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)])
      const kept: { files: File[]; notes: string[] } = { files: [], notes: [] }
      for (const one of brought.slice(0, MOST)) {
        if (over.aborted) {
          kept.notes.push(tooLate(one.name, signal.aborted))
          continue
        }
        const reading = AbortSignal.any([over, AbortSignal.timeout(READING_MS)])
        const found = await untilOver(keepOne(userId, one, reading, lines), over)
        if (found && 'file' in found) kept.files.push(found.file)
        else kept.notes.push(found?.note ?? tooLate(one.name, signal.aborted))
      }
      if (brought.length > MOST) {
        kept.notes.push(
          `${brought.length - MOST} more files were left out: a call may bring ${MOST}.`,
        )
      }
      return kept
    },
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof StoreError) return error.message
  return isFull(error) ? 'the disk of the server is full.' : 'something went wrong on the server.'
}

function tooLate(name: string, isStopped: boolean): string {
  const why = isStopped ? 'the answer was stopped before.' : 'the store did not answer in time.'
  return `The file “${safeFileName(name)}” was not stored: ${why}`
}

async function untilOver<T>(work: Promise<T>, over: AbortSignal): Promise<T | null> {
  const { promise, resolve } = Promise.withResolvers<null>()
  const stop = () => resolve(null)
  over.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    over.removeEventListener('abort', stop)
  }
}
