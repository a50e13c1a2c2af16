import { MessageFiles } from '../user-message/message-files.tsx'
import { memo } from 'react'
import type { ComponentType, ReactNode } from 'react'
import type { AppMessage, AppPart, AppToolCall } from '../../../../shared/client/index.ts'
import { CopyButton } from '../../../ui/copy-button.tsx'
import { Markdown } from '../../../ui/markdown/markdown.tsx'
import { Ending } from './ending.tsx'
import { GivenUpText } from './given-up-text.tsx'
import { Reasoning } from './reasoning.tsx'
import { messageText, stepsOf } from '../steps.ts'

/**
 * An answer along the vertical line: a dot for each step, a card for each call, and an animated end while it is
 * running.
 * @param props.versions the version switch; shown in every state of the answer
 * @param props.actions further actions besides copying, shown when the answer has ended
 */
export const AssistantMessage = memo(function AssistantMessage(props: {
  message: AppMessage
  ToolView: ComponentType<{ call: AppToolCall }>
  onRetry: (() => void) | null
  versions?: ReactNode
  actions?: ReactNode
}) {
  const { message, ToolView, versions } = props
  const isLive = message.status === 'running'
  const lastPart = message.parts.at(-1)
  return (
    <article
      aria-label="Assistant"
      aria-busy={isLive}
      className={`turn-item line group/message pt-1 pb-2 ${isLive ? 'line-live' : ''}`}
    >
      <div className="grid grid-cols-1 gap-4">
        {stepsOf(message.parts).map((step) => (
          <div key={step[0]?.index} className="relative grid grid-cols-1 gap-4">
            <span
              aria-hidden
              className={`knot ${step[0]?.part.type === 'tool' ? 'knot-card' : ''}`}
            />
            {step.map(({ part, index }) =>
              part.type === 'file' ? (
                <MessageFiles key={index} files={[part.file]} />
              ) : part.type === 'tool' ? (
                <div key={index} className="branch relative">
                  <ToolView call={part.call} />
                </div>
              ) : (
                <TextPartView key={index} part={part} isLive={isLive && part === lastPart} />
              ),
            )}
          </div>
        ))}
      </div>
      <GivenUpText message={message} />
      {isLive ? (
        <div className="relative flex h-10 items-center gap-2 text-sm text-muted">
          <span aria-hidden className="knot knot-live top-auto" />
          {message.parts.length === 0 && <span className="animate-pulse">Thinking…</span>}
          {versions}
        </div>
      ) : (
        <Ending message={message} onRetry={props.onRetry} versions={versions}>
          <CopyText text={messageText(message.parts)} />
          {props.actions}
        </Ending>
      )}
    </article>
  )
})

type TextPart = Exclude<AppPart, { type: 'tool' } | { type: 'file' }>

function TextPartView({ part, isLive }: { part: TextPart; isLive: boolean }) {
  switch (part.type) {
    case 'text':
      return <Markdown text={part.text} isGrowing={isLive} />
    case 'refusal':
      return <p className="text-muted italic">{part.text}</p>
    case 'reasoning':
      return <Reasoning text={part.text} isLive={isLive} />
  }
}

/** Renders nothing when there is no text, as in an answer that failed before its first word. */
function CopyText({ text }: { text: string }) {
  return text === '' ? null : <CopyButton label="Copy" text={text} className="-ml-1.5" />
}
