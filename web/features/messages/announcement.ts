import type { AppMessage } from '../../../shared/client/index.ts'

/** The newest answer of a session; null when it has none. */
export type AnswerState = Pick<AppMessage, 'id' | 'status' | 'error'> | null

/**
 * The words for a change of the newest answer; null when it is none that a listener needs to hear.
 *
 * @param before undefined when the session has just been opened: what was over by then is not news
 */
export function announcement(before: AnswerState | undefined, now: AnswerState): string | null {
  if (!now) return null
  if (before?.id === now.id && before.status === now.status) return null
  if (now.status === 'running') return 'Assistant is answering'
  if (before === undefined) return null
  switch (now.status) {
    case 'waiting':
      return 'Assistant waits for your approval'
    case 'completed':
      return 'Answer complete'
    case 'stopped':
      return 'Answer stopped'
    case 'interrupted':
      return 'Answer interrupted'
    case 'failed':
      return `Answer failed: ${now.error?.message ?? 'the reason is not known'}`
    case 'queued':
      return null
  }
}
