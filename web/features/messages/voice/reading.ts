import type { AppMessage, Client } from '../../../../shared/client/index.ts'
import { pageValue } from '../../../page-value.ts'

/** An answer that is being read aloud. */
export type Reading = {
  messageId: string
  status: 'starting' | 'reading' | 'paused'
  by: 'server' | 'browser'
}

export type ReadingControls = { pause(): void; resume(): void }

type State = { reading: Reading | null; problem: { messageId: string; text: string } | null }

const state = pageValue<State>(() => ({ reading: null, problem: null }))
let stopCurrent: AbortController | null = null
let boxes = 0
let controls: ReadingControls | null = null

/** One answer at a time is read aloud in a tab. */
export const readings = {
  subscribe: state.subscribe,
  get: state.get,
  pause(): void {
    controls?.pause()
    change({ status: 'paused' })
  },
  resume(): void {
    controls?.resume()
    change({ status: 'reading' })
  },
  stop(): void {
    stopCurrent?.abort()
  },
  /**
   * Registers a message box, which shows the controls of the reading.
   *
   * @returns a function that reports that the box is gone
   */
  atBox(): () => void {
    boxes += 1
    return () => {
      boxes -= 1
      // The next page's box, if any, is there in the same commit.
      queueMicrotask(() => {
        if (boxes === 0) readings.stop()
      })
    }
  },
}

/**
 * Reads an answer aloud, from its first sentences while it is still written. Another one that is being read is stopped.
 * @param hasService whether the server has a voice; otherwise the browser's is used
 * @returns when it has been read, was stopped or could not be read
 */
export async function readAloud(
  client: Client,
  message: AppMessage,
  hasService: boolean,
): Promise<void> {
  readings.stop()
  const stop = new AbortController()
  stopCurrent = stop
  const by = hasService ? 'server' : 'browser'
  state.set({ reading: { messageId: message.id, status: 'starting', by }, problem: null })
  let problem: string | null = null
  try {
    const { readMessage } = await import('./read-message.ts')
    await readMessage(client, message, by, stop.signal, (voice, voiceControls) => {
      if (stop.signal.aborted) return
      controls = voiceControls
      // Paused before there was a voice, or between two segments.
      const isPaused = state.get().reading?.status === 'paused'
      if (isPaused) voiceControls.pause()
      change({ by: voice, status: isPaused ? 'paused' : 'reading' })
    })
  } catch (error) {
    if (!stop.signal.aborted) problem = error instanceof Error ? error.message : String(error)
  }
  if (stopCurrent !== stop) return
  stopCurrent = null
  controls = null
  state.set({
    reading: null,
    problem: problem === null ? null : { messageId: message.id, text: problem },
  })
}

function change(changed: Partial<Reading>): void {
  const now = state.get()
  if (now.reading) state.set({ ...now, reading: { ...now.reading, ...changed } })
}
