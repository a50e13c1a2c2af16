import type { FileKind } from '../../../shared/contract/file.ts'
import { ThreadLimitError, ThreadRefusal, workInThread } from '../../concurrency/threads.ts'

/** What a file is, by its content. */
export type Inspected = {
  kind: FileKind
  /** Null where the content says nothing. */
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

const bounds = { atOnce: 2, waiting: 200, memoryMb: 512, deadlineMs: 20_000 }
const inThread = workInThread<InspectionTask, Inspected>(
  './inspect-worker',
  import.meta.url,
  bounds,
)

const within = (deadlineMs: number) =>
  workInThread<InspectionTask, Inspected>('./inspect-worker', import.meta.url, {
    ...bounds,
    deadlineMs,
  })

const NO_TURN =
  'The text of the file could not be read: too much is being read just now. Send it again.'
const TOO_MUCH = 'The text of the file could not be read: it takes too much.'

/** Whether a file that could not be read may be readable at another time, on another machine or with other bounds. */
export function mayBeReadLater(error: string | null): boolean {
  return error === NO_TURN || error === TOO_MUCH
}

const UNKNOWN: Inspected = {
  ...{ kind: 'other', mimeType: null, width: null, height: null, pages: null },
  ...{ text: null, error: null },
}

/**
 * Looks what a file is, and reads what text is in it, in a thread with bounds. What cannot be read is stored all the
 * same, and says why.
 *
 * @param deadlineMs for the reading of text, where that is not the usual
 */
export async function inspect(
  path: string,
  bytes: number,
  deadlineMs?: number,
): Promise<Inspected> {
  const found = await attempt({ path, bytes, step: 'kind', mimeType: '' }, UNKNOWN)
  if (found.error !== null || found.mimeType === null) return found
  if (found.kind !== 'pdf' && found.kind !== 'document') return found
  const task = { path, bytes, step: 'text', mimeType: found.mimeType } as const
  return attempt(task, found, deadlineMs)
}

async function attempt(
  task: InspectionTask,
  known: Inspected,
  deadlineMs?: number,
): Promise<Inspected> {
  try {
    return await (deadlineMs === undefined ? inThread : within(deadlineMs))(task)
  } catch (error) {
    if (error instanceof ThreadRefusal) return { ...known, error: error.message }
    if (error instanceof ThreadLimitError) {
      return { ...known, error: error.limit === 'queue' ? NO_TURN : TOO_MUCH }
    }
    return { ...known, error: 'The text of the file could not be read: it is damaged.' }
  }
}
