import { TRPCError } from '@trpc/server'
import { ThreadLimitError, ThreadRefusal, workInThread } from '../concurrency/threads.ts'

/** A file of an archive, and where its bytes are now. */
export type Unpacked = { name: string; path: string; bytes: number }
export type UnzipTask = { path: string; folder: string; maxBytes: number }

const inThread = workInThread<UnzipTask, Unpacked[]>('./unzip-worker', import.meta.url, {
  ...{ atOnce: 1, waiting: 8, memoryMb: 256, deadlineMs: 120_000 },
})

/**
 * Unpacks an archive into a folder that is there, in a thread with bounds.
 *
 * @throws BAD_REQUEST that says why not
 */
export async function unzip(task: UnzipTask): Promise<Unpacked[]> {
  try {
    return await inThread(task)
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
