import type { AppMessage } from '../../../../shared/client/index.ts'
import { t } from '../../../language/t.ts'

/** A call that waits for a person; with the question's id when its tool asks one in the middle of the call. */
type Asked = { id: string; name: string; question?: string }

/** The newest answer of a session; null when there is none. `asked` is the first call that waits for somebody. */
export type AnswerState =
  | (Pick<AppMessage, 'id' | 'status' | 'error'> & { asked?: Asked | null })
  | null

/**
 * The announcement for screen readers after a change of the newest answer; null when there is nothing to announce.
 * @param before undefined when the session was just opened: then only a waiting approval is announced
 */
export function announcement(before: AnswerState | undefined, now: AnswerState): string | null {
  if (!now) return null
  if (now.asked) {
    // Other calls may still be running; the status changes only after them.
    const { asked } = now
    const isKnown = before?.asked?.id === asked.id && before.asked.question === asked.question
    if (isKnown) return null
    return asked.question
      ? t('{name} asks you something', { name: asked.name })
      : t('Assistant waits for your approval to use {name}', { name: asked.name })
  }
  if (before?.id === now.id && before.status === now.status && !before.asked) return null
  if (now.status === 'running') return t('Assistant is answering')
  if (now.status === 'waiting') return t('Assistant waits for your approval')
  if (before === undefined) return null
  switch (now.status) {
    case 'completed':
      return t('Answer complete')
    case 'stopped':
      return t('Answer stopped')
    case 'interrupted':
      return t('Answer interrupted')
    case 'failed':
      return t('Answer failed: {reason}', {
        reason: now.error?.message ?? t('the reason is unknown'),
      })
    case 'queued':
      return null
  }
}
