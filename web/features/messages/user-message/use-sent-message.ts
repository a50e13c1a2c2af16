import type { AppMessage } from '../../../../shared/client/index.ts'
import { newId } from '../../../../shared/contract/new-id.ts'
import { useThroughline } from '../../../../shared/react/index.ts'
import { drafts } from '../composer/drafts/page-drafts.ts'
import { sentEditKey, useEdit } from './use-edit.ts'

/** Editing a message that has been answered: creates another version of it with its own answer. */
export function useSentMessage({ id }: AppMessage, text: string) {
  const { api } = useThroughline()
  const key = sentEditKey(id)
  const { attempt, ...edit } = useEdit(key, text)

  return {
    ...edit,
    /** @returns true when there is another version now, in the place of this message */
    async save(): Promise<boolean> {
      const edited = drafts.get(key)
      if (edited.trim() === text.trim()) {
        edit.close()
        return false
      }
      // The id is generated here, so that a repeated call after a lost connection is the same edit.
      return attempt('saved', () => api.messages.edit.mutate({ id, newId: newId(), text: edited }))
    },
  }
}
