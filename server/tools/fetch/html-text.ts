import { ThreadLimitError, workInThread } from '../../concurrency/threads.ts'

/** @param url the address of the page, for its relative links */
export type HtmlTask = { html: string; url: string }

/** The parser recurses with the depth of the page, and becomes slow with deep nesting. */
const readInThread = workInThread<HtmlTask, string>('./html-worker', import.meta.url, {
  atOnce: 2,
  waiting: 32,
  memoryMb: 256,
  deadlineMs: 5_000,
})

/**
 * The text of a page, parsed in a thread: the author of a page controls how long parsing takes.
 * @throws errors with a message for the model
 */
export async function htmlText(task: HtmlTask, signal: AbortSignal): Promise<string> {
  try {
    return await readInThread(task, signal)
  } catch (error) {
    if (!(error instanceof ThreadLimitError)) throw error
    throw new Error(REASONS[error.limit], { cause: error })
  }
}

const REASONS = {
  depth: 'The page is nested too deeply to be read.',
  memory: 'The page is too large to be read.',
  deadline: 'The page takes too long to be read.',
  queue: 'Too many pages are being read at the moment. Try again later.',
} as const
