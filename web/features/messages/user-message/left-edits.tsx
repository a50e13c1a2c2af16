import { useSession } from '../../../../shared/react/index.ts'
import { LeftDraft } from '../composer/drafts/left-draft.tsx'
import { messageText } from '../steps.ts'
import { queuedEditKey, sentEditKey } from './use-edit.ts'

/** The edits of messages whose session was deleted elsewhere: their editors are gone, and what was typed there is not. */
export function LeftEdits({ sessionId }: { sessionId: string }) {
  // After the deletion the state stays until the page is closed.
  const messages = useSession(sessionId, ({ state }) => state?.messages)
  return messages
    ?.filter(({ role }) => role === 'user')
    .flatMap(({ id, parts }) =>
      [sentEditKey(id), queuedEditKey(id)].map((key) => (
        <LeftDraft key={key} draftKey={key} unlike={messageText(parts)} />
      )),
    )
}
