import type { AppMessage } from '../../../../shared/client/index.ts'
import { newId } from '../../../../shared/contract/new-id.ts'
import { useThroughline } from '../../../../shared/react/index.ts'
import { drafts } from '../composer/page-drafts.ts'
import { useEdit } from './use-edit.ts'

/** Editing a message that has been answered: creates another version of it with its own answer. */
export function useSentMessage({ id }: AppMessage, text: string) {
  const { api } = useThroughline()
  const key = `rewrite.${id}`
  const { attempt, ...edit } = useEdit(key, text)

  return {
    ...edit,
    async save(): Promise<void> {
      const edited = drafts.get(key)
      if (edited.trim() === text.trim()) return edit.close()
      // The id is generated here, so that a repeated call after a lost connection is the same edit.
      await attempt('saved', () => api.messages.edit.mutate({ id, newId: newId(), text: edited }))
    },
  }
}
