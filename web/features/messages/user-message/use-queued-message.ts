import { TRPCClientError } from '@trpc/client'
import { useState, useSyncExternalStore } from 'react'
import type { AppMessage } from '../../../../shared/client/index.ts'
import { useThroughline } from '../../../../shared/react/index.ts'
import { drafts } from '../composer/page-drafts.ts'
import { reason } from '../composer/send-message.ts'

/**
 * Editing and withdrawing a queued message. The edited text is a draft like any other: it survives a reload, and the
 * moment when the message's answer begins.
 */
export function useQueuedMessage({ id, sessionId, status }: AppMessage, text: string) {
  const { api } = useThroughline()
  const key = `edit.${id}`
  const draft = useSyncExternalStore(drafts.subscribe, () => drafts.get(key))
  const [editing, setEditing] = useState<'no' | 'resumed' | 'begun'>(() =>
    draft === '' ? 'no' : 'resumed',
  )
  const [doing, setDoing] = useState<'saving' | 'removing' | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const isQueued = status === 'queued'
  const hasNewWords = draft.trim() !== '' && draft !== text

  function close(): void {
    drafts.set(key, '')
    setEditing('no')
    setProblem(null)
  }

  async function attempt(what: 'saving' | 'removing', command: () => Promise<unknown>) {
    setDoing(what)
    setProblem(null)
    try {
      await command()
      close()
    } catch (error) {
      setProblem(
        isTaken(error)
          ? 'It is already being answered and cannot be changed.'
          : `Not ${words[what]}: ${reason(error)}`,
      )
    } finally {
      setDoing(null)
    }
  }

  return {
    draft,
    problem,
    isQueued,
    isEditing: editing !== 'no' && (isQueued || hasNewWords),
    isSaving: doing === 'saving',
    isRemoving: doing === 'removing',
    /** True when the user just opened the editor; one that a reload restored does not take the focus. */
    takesFocus: editing === 'begun',
    change: (value: string) => drafts.set(key, value),
    close,
    edit() {
      drafts.set(key, text)
      setEditing('begun')
    },
    save() {
      if (!hasNewWords) {
        close()
      } else {
        void attempt('saving', () =>
          api.messages.edit.mutate({ id, text: draft, onlyQueued: true }),
        )
      }
    },
    remove: () => attempt('removing', () => api.messages.unqueue.mutate({ id })),
    moveToBox() {
      drafts.giveBack(sessionId, draft)
      close()
    },
  }
}

const words = { saving: 'saved', removing: 'removed' }

/** Returns true when the server reports that the message is not queued any more. */
function isTaken(error: unknown): boolean {
  const data: unknown = error instanceof TRPCClientError ? error.data : null
  return typeof data === 'object' && data !== null && 'code' in data && data.code === 'CONFLICT'
}
