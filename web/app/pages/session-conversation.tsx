import { useEffect } from 'react'
import type { ComponentProps } from 'react'
import { trpc } from '../../client.ts'
import { RegenerateWithContext } from '../../features/messages/answer/regenerate-with.ts'
import { drafts } from '../../features/messages/composer/drafts/page-drafts.ts'
import { Conversation } from '../../features/messages/conversation/conversation.tsx'
import type { GoTo } from '../../features/messages/conversation/use-go-to.ts'
import { RegenerateWith } from '../../features/models/regenerate-with.tsx'
import { DraftContext } from '../../ui/use-draft.ts'
import { ToolView } from '../../features/tools/tool-view.tsx'

/** The messages of a session with their tool calls: half of the app's script, which the first page does not need. */
export default function SessionConversation(props: {
  sessionId: string
  goTo: GoTo | null
  /** True when the server offers several models. */
  hasModels: boolean
}) {
  const { hasModels, ...rest } = props
  const utils = trpc.useUtils()
  // The question for an approval describes the tool. A description that came later would move the buttons.
  useEffect(() => void utils.tools.list.prefetch(undefined, { retry: false }), [utils])
  return (
    <RegenerateWithContext value={hasModels ? drawRegenerateWith : null}>
      <DraftContext value={drafts}>
        <Conversation {...rest} ToolView={ToolView} />
      </DraftContext>
    </RegenerateWithContext>
  )
}

function drawRegenerateWith(props: ComponentProps<typeof RegenerateWith>) {
  return <RegenerateWith {...props} />
}
