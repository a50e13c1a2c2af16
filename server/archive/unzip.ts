import { TRPCError } from '@trpc/server'
import { ThreadLimitError, ThreadRefusal, workInThread } from '../concurrency/threads.ts'
import type { File } from '../../shared/contract/file.ts'
import type { Referred } from './referred-files.ts'

/** A file of an archive, and the path of its bytes. */
export type Unpacked = { name: string; path: string; bytes: number }
export type UnzipTask = { path: string; folder: string; maxBytes: number }

/** The path of an archive's conversations, and the files to which they refer. */
export type Unzipped = { json: string; referred: Referred[] }
/** The conversations, and the stored files by their ids there. */
export type RenameTask = { json: string; stored: ReadonlyMap<string, File> }

const BOUNDS = { atOnce: 1, waiting: 8, memoryMb: 512, deadlineMs: 120_000 }
const unzipInThread = workInThread<UnzipTask, Unzipped>('./unzip-worker', import.meta.url, BOUNDS)
const renameInThread = workInThread<RenameTask, string>('./rename-worker', import.meta.url, BOUNDS)

/**
 * Unpacks an archive into an existing folder, in a thread with limits.
 *
 * @throws BAD_REQUEST with the reason
 */
export function unzip(task: UnzipTask): Promise<Unzipped> {
  return withinBounds(() => unzipInThread(task))
}

/**
 * The conversations of an archive with the ids of its files as they are stored here; in a thread, because they may be
 * long.
 */
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
