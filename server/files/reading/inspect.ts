import type { FileKind } from '../../../shared/contract/file.ts'
import { ThreadLimitError, ThreadRefusal, workInThread } from '../../concurrency/threads.ts'

/** The kind and text of a file, by its content. */
export type Inspected = {
  kind: FileKind
  /** Null when the content does not show a type. */
  mimeType: string | null
  width: number | null
  height: number | null
  pages: number | null
  text: string | null
  error: string | null
}

export type InspectionTask = {
  path: string
  bytes: number
  step: 'kind' | 'text'
  mimeType: string
}

const memoryMb = 512
/** The sender of a file waits for this. */
const looking = { atOnce: 2, waiting: 200, memoryMb, deadlineMs: 20_000 }
/** No request waits for this; `FileReadings` limits the number of its tasks. */
const reading = { atOnce: Infinity, waiting: 0, memoryMb, deadlineMs: 60_000 }
const look = workInThread<InspectionTask, Inspected>('./inspect-worker', import.meta.url, looking)
const read = workInThread<InspectionTask, Inspected>('./inspect-worker', import.meta.url, reading)

type Work = typeof read

const readWithin = (deadlineMs: number) =>
  workInThread<InspectionTask, Inspected>('./inspect-worker', import.meta.url, {
    ...reading,
    deadlineMs,
  })

const TOO_MUCH = 'The text of the file could not be read: it takes too much.'
/** The error of a file that was tried as often as allowed. */
export const AWAY =
  'The text of the file could not be read: the store of the files does not give it back. Send it again.'

/** True when a file that could not be read may be readable later, on another machine or with other limits. */
export function mayBeReadLater(error: string | null): boolean {
  return error === TOO_MUCH || error === AWAY
}

const UNKNOWN: Inspected = {
  ...{ kind: 'other', mimeType: null, width: null, height: null, pages: null },
  ...{ text: null, error: null },
}

/**
 * Finds the kind of a file, in a thread with limits, and measures pictures. Plain text is read at once; any other text
 * is read later (`inspect`), also that of a file that could not be inspected now.
 */
export async function lookAt(
  path: string,
  bytes: number,
): Promise<{ found: Inspected; isRead: boolean }> {
  try {
    const found = await look({ path, bytes, step: 'kind', mimeType: '' })
    return { found, isRead: !hasMore(found) }
  } catch {
    return { found: UNKNOWN, isRead: false }
  }
}

/**
 * Finds the kind of a file and reads its text, in a thread with limits. A file that cannot be read is stored too, with
 * the reason.
 *
 * @param deadlineMs for reading the text, if it differs from the usual
 * @throws the reason of the signal
 */
export async function inspect(
  path: string,
  bytes: number,
  { deadlineMs, signal }: { deadlineMs?: number; signal?: AbortSignal } = {},
): Promise<Inspected> {
  const attempt = async (work: Work, task: InspectionTask, known: Inspected) => {
    try {
      return await work(task, signal)
    } catch (error) {
      signal?.throwIfAborted()
      return { ...known, error: reasonOf(error) }
    }
  }
  const found = await attempt(read, { path, bytes, step: 'kind', mimeType: '' }, UNKNOWN)
  if (!hasMore(found)) return found
  const work = deadlineMs === undefined ? read : readWithin(deadlineMs)
  return attempt(work, { path, bytes, step: 'text', mimeType: found.mimeType ?? '' }, found)
}

/** True when the file may have text that takes long to read. */
function hasMore({ kind, mimeType, error }: Inspected): boolean {
  return error === null && mimeType !== null && (kind === 'pdf' || kind === 'document')
}

function reasonOf(error: unknown): string {
  if (error instanceof ThreadRefusal) return error.message
  return error instanceof ThreadLimitError
    ? TOO_MUCH
    : 'The text of the file could not be read: it is damaged.'
}
