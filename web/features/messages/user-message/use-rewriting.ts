import { useState, useSyncExternalStore } from 'react'
import type { AppMessage } from '../../../../shared/client/index.ts'
import { newId } from '../../../../shared/contract/new-id.ts'
import { useThroughline } from '../../../../shared/react/index.ts'
import { drafts } from '../composer/page-drafts.ts'
import { reason } from '../composer/send-message.ts'

/**
 * Editing a message that has been answered: creates another version of it with its own answer. The edited text is a
 * draft and survives a reload.
 */
export function useRewriting({ id }: AppMessage, text: string) {
  const { api } = useThroughline()
  const key = `rewrite.${id}`
  const draft = useSyncExternalStore(drafts.subscribe, () => drafts.get(key))
  const [editing, setEditing] = useState<'no' | 'resumed' | 'begun'>(() =>
    draft === '' ? 'no' : 'resumed',
  )
  const [isSaving, setSaving] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)

  function close(): void {
    drafts.set(key, '')
    setEditing('no')
    setProblem(null)
  }

  return {
    draft,
    problem,
    isSaving,
    isEditing: editing !== 'no',
    /** True when the user just opened the editor; one that a reload restored does not take the focus. */
    takesFocus: editing === 'begun',
    change: (value: string) => drafts.set(key, value),
    close,
    begin() {
      if (drafts.get(key) === '') drafts.set(key, text)
      setEditing('begun')
    },
    async save(): Promise<void> {
      if (drafts.get(key).trim() === text.trim()) return close()
      setSaving(true)
      setProblem(null)
      try {
        // The id is generated here, so that a repeated call after a lost connection is the same edit.
        await api.messages.edit.mutate({ id, newId: newId(), text: drafts.get(key) })
        close()
      } catch (error) {
        setProblem(`Not saved: ${reason(error)}`)
      } finally {
        setSaving(false)
      }
    },
  }
}
