import type { ReadingControls } from './reading.ts'

/** The part of an answer to read, in UTF-16 units of its text. */
export type Segment = { messageId: string; text: string; from: number; to: number }

/** The voice that reads: the server's service, or the browser. */
export type Voice = ReadingControls & {
  /** Resolves when it has been read; rejects when it cannot be, or the signal ends it. */
  read(segment: Segment, signal: AbortSignal): Promise<void>
}
