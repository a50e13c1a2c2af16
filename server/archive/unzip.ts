import { TRPCError } from '@trpc/server'
import { ThreadLimitError, ThreadRefusal, workInThread } from '../concurrency/threads.ts'
import type { File } from '../../shared/contract/file.ts'
import type { Referred } from './referred-files.ts'

/** A file of an archive, and where its bytes are now. */
export type Unpacked = { name: string; path: string; bytes: number }
export type UnzipTask = { path: string; folder: string; maxBytes: number }

/** Where the conversations of an archive are now, and the files that they refer to. */
export type Unzipped = { json: string; referred: Referred[] }
/** The conversations, and the files by the ids that they have there. */
export type RenameTask = { json: string; stored: ReadonlyMap<string, File> }

const BOUNDS = { atOnce: 1, waiting: 8, memoryMb: 512, deadlineMs: 120_000 }
const unzipInThread = workInThread<UnzipTask, Unzipped>('./unzip-worker', import.meta.url, BOUNDS)
const renameInThread = workInThread<RenameTask, string>('./rename-worker', import.meta.url, BOUNDS)

/**
 * Unpacks an archive into a folder that is there, in a thread with bounds.
 *
 * @throws BAD_REQUEST that says why not
 */
export function unzip(task: UnzipTask): Promise<Unzipped> {
  return withinBounds(() => unzipInThread(task))
}

/** The conversations of an archive, naming its files as they are stored now; in a thread, because they may be long. */
export function renameFiles(task: RenameTask): Promise<string> {
  return withinBounds(() => renameInThread(task))
}

async function withinBounds<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof ThreadRefusal) {
      throw new TRPCError({ code: 'BAD_REQUEST', message: cause.message })
    }
    if (cause instanceof ThreadLimitError) {
      throw cause.limit === 'queue'
        ? new TRPCError({
            code: 'TOO_MANY_REQUESTS',
            message: 'Other files are being imported. Try again in a moment.',
            cause,
          })
        : new TRPCError({
            code: 'BAD_REQUEST',
            message: 'The archive takes too much to read. Import it in several smaller ones.',
            cause,
          })
    }
    throw cause
  }
}
