import type { ReactNode } from 'react'
import type { AppMessage } from '../../../shared/client/index.ts'
import { filesIn } from '../../../shared/contract/files-in.ts'
import { AssistantMessage } from '../../features/messages/answer/assistant-message.tsx'
import { turnsOf } from '../../features/messages/conversation/turns.ts'
import { messageText } from '../../features/messages/steps.ts'
import { UserMessage } from '../../features/messages/user-message/user-message.tsx'
import { ToolCard } from '../../features/tools/tool-card.tsx'
import { t } from '../../language/t.ts'

/**
 * All messages one below the other, to be read only. Those out of view are not laid out, but on paper.
 * @param props.isPaper nobody can unfold anything
 */
export function WholeConversation(props: { messages: readonly AppMessage[]; isPaper?: boolean }) {
  const { messages, isPaper = false } = props
  const joined = turnsOf(messages, []).flatMap((turn) => turn.joined)
  const viewOf = (id: string): ReactNode => {
    const message = messages.find((one) => one.id === id)
    return message && <ReadOnlyMessage {...{ message, isPaper }} isFirst={false} joined={[]} />
  }
  return (
    <section aria-label={t('Conversation')}>
      {messages
        .filter(({ id }) => !joined.some((one) => one.id === id))
        .map((message, index) => (
          <div
            key={message.id}
            className="[content-visibility:auto] [overflow-clip-margin:1px] print:[content-visibility:visible]"
          >
            <ReadOnlyMessage
              {...{ message, isPaper }}
              isFirst={index === 0}
              // Messages that joined an answer while it was written are drawn inside of it.
              joined={joined
                .filter(({ answerId }) => answerId === message.id)
                .map((one) => ({ ...one, view: viewOf(one.id) }))}
            />
          </div>
        ))}
    </section>
  )
}

function ReadOnlyMessage(props: {
  message: AppMessage
  isFirst: boolean
  isPaper: boolean
  joined: readonly { id: string; part: number; view: ReactNode }[]
}) {
  const { message, isFirst, isPaper, joined } = props
  return message.role === 'user' ? (
    <UserMessage
      text={messageText(message.parts)}
      files={filesIn(message.parts)}
      status="sent"
      isJoined={message.joinedPart !== undefined}
      beginsLine={isFirst}
      isWhole={isPaper}
    />
  ) : (
    <AssistantMessage message={message} joined={joined} ToolView={ToolCard} onRetry={null} />
  )
}
