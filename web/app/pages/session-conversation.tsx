import { Conversation } from '../../features/messages/conversation/conversation.tsx'
import type { GoTo } from '../../features/messages/conversation/use-go-to.ts'
import { ToolView } from '../../features/tools/tool-view.tsx'

/** The messages of a session with their tool calls: half of the app's script, which the first page does not need. */
export default function SessionConversation(props: { sessionId: string; goTo: GoTo | null }) {
  return <Conversation {...props} ToolView={ToolView} />
}
