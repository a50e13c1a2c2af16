import { TRPCClientError } from '@trpc/client'
import type { AppMessage } from '../../../../shared/client/index.ts'
import { useThroughline } from '../../../../shared/react/index.ts'
import { drafts } from '../composer/drafts/page-drafts.ts'
import { queuedEditKey, useEdit } from './use-edit.ts'
import { t } from '../../../language/t.ts'

/** Editing and withdrawing a queued message. */
export function useQueuedMessage({ id, sessionId, status }: AppMessage, text: string) {
  const { api } = useThroughline()
  const { attempt, ...edit } = useEdit(queuedEditKey(id), text)
  const { draft, close } = edit
  const isQueued = status === 'queued'
  const hasNewWords = draft.trim() !== '' && draft !== text

  return {
    ...edit,
    isQueued,
    isEditing: edit.isEditing && (isQueued || hasNewWords),
    async save(): Promise<void> {
      if (!hasNewWords) return close()
      const change = { id, text: draft, onlyQueued: true }
      await attempt('saved', () => api.messages.edit.mutate(change), explain)
    },
    remove: () => attempt('removed', () => api.messages.unqueue.mutate({ id }), explain),
    moveToBox() {
      drafts.giveBack(sessionId, draft)
      close()
    },
  }
}

/** The server reports a conflict when the message is not queued any more. */
function explain(error: unknown): string | null {
  const data: unknown = error instanceof TRPCClientError ? error.data : null
  const isTaken =
    typeof data === 'object' && data !== null && 'code' in data && data.code === 'CONFLICT'
  return isTaken ? t('It is already being answered and cannot be changed.') : null
}
