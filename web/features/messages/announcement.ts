import type { AppMessage } from '../../../shared/client/index.ts'

/** The newest answer of a session; null when it has none. `asksFor` names the tool that it waits to use. */
export type AnswerState =
  | (Pick<AppMessage, 'id' | 'status' | 'error'> & { asksFor?: string | null })
  | null

/**
 * The words for a change of the newest answer; null when it is none that a listener needs to hear.
 *
 * @param before undefined when the session has just been opened: what was over by then is not news, what waits is
 */
export function announcement(before: AnswerState | undefined, now: AnswerState): string | null {
  if (!now) return null
  if (before?.id === now.id && before.status === now.status) return null
  if (now.status === 'running') return 'Assistant is answering'
  if (now.status === 'waiting') {
    const approval = 'Assistant waits for your approval'
    return now.asksFor ? `${approval} to use ${now.asksFor}` : approval
  }
  if (before === undefined) return null
  switch (now.status) {
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
