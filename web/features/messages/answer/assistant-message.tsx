import { FileList } from '../../../ui/files/file-list.tsx'
import { memo, useEffect, useState } from 'react'
import type { ComponentType, ReactNode } from 'react'
import type { AppMessage, AppPart, AppToolCall } from '../../../../shared/client/index.ts'
import { Markdown } from '../../../ui/markdown/markdown.tsx'
import { CopyAnswer } from './copy-answer.tsx'
import { Ending } from './ending.tsx'
import { GivenUpText } from './given-up-text.tsx'
import { Reasoning } from './reasoning.tsx'
import { WaitsText } from './waits-text.tsx'
import { inOrder, messageText } from '../steps.ts'
import type { IndexedPart } from '../steps.ts'
import { LEAST_GROUPED, ToolGroup } from './tool-group.tsx'
import { useLanguage } from '../../../language/language.ts'
import { t } from '../../../language/t.ts'

/**
 * An answer along the vertical line: a dot for each step, a card for each call, and an animated end while it is
 * running.
 * @param props.joined what was said while it was written, in its order
 * @param props.versions the version switch; shown in every state of the answer
 * @param props.actions further actions besides copying, shown when the answer has ended
 */
export const AssistantMessage = memo(function AssistantMessage(props: {
  message: AppMessage
  ToolView: ComponentType<{ call: AppToolCall }>
  joined?: readonly { id: string; part: number; view: ReactNode }[]
  onRetry: (() => void) | null
  isRetryOff?: boolean
  /** Goes on with an answer that was cut. */
  onContinue?: (() => void) | null
  versions?: ReactNode
  /** Reading the answer aloud, while it is written and later. */
  voice?: ReactNode
  actions?: ReactNode
}) {
  useLanguage()
  const { message, ToolView, versions } = props
  const isLive = message.status === 'running'
  return (
    <article
      aria-label={t('Assistant')}
      aria-busy={isLive}
      className={`turn-item line group/message pt-1 pb-2 ${isLive ? 'line-live' : ''}`}
    >
      <div className="grid grid-cols-1 gap-4">
        {inOrder(message.parts, props.joined ?? NOTHING_JOINED).map((one) =>
          'said' in one ? (
            <div key={one.said.id} className="said-within">
              {one.said.view}
            </div>
          ) : (
            <StepView
              key={one.step[0]?.index}
              step={one.step}
              livePart={isLive ? message.parts.length - 1 : null}
              ToolView={ToolView}
            />
          ),
        )}
      </div>
      <GivenUpText message={message} />
      {isLive ? (
        <div className="relative flex h-10 items-center gap-2 text-sm text-muted">
          <LiveKnot message={message} />
          {message.waitsFor ? (
            <WaitsText waitsFor={message.waitsFor} />
          ) : (
            message.parts.length === 0 && <span className="animate-pulse">{t('Thinking…')}</span>
          )}
          {props.voice}
          {versions}
        </div>
      ) : (
        <Ending
          message={message}
          onRetry={props.onRetry}
          isRetryOff={props.isRetryOff ?? false}
          onContinue={props.onContinue ?? null}
          versions={versions}
        >
          <CopyAnswer text={messageText(message.parts)} />
          {props.voice}
          {props.actions}
        </Ending>
      )}
    </article>
  )
})

/** The time without anything new after which an answer looks as if it waits. Milliseconds. */
const QUIET_MS = 1_000

/** The end of a running answer. It moves only while nothing comes: text that grows is sign enough. */
function LiveKnot({ message }: { message: AppMessage }) {
  const [quiet, setQuiet] = useState(message)
  useEffect(() => {
    const timer = setTimeout(() => setQuiet(message), QUIET_MS)
    return () => clearTimeout(timer)
  }, [message])
  return <span aria-hidden className={`knot knot-live ${quiet === message ? 'knot-waits' : ''}`} />
}

const NOTHING_JOINED: readonly { id: string; part: number; view: ReactNode }[] = []

/** @param props.livePart the part that still grows */
function StepView(props: {
  step: IndexedPart[]
  livePart: number | null
  ToolView: ComponentType<{ call: AppToolCall }>
}) {
  const { step, livePart } = props
  return (
    <div className="relative grid grid-cols-1 gap-4">
      <span aria-hidden className={`knot ${step[0]?.part.type === 'tool' ? 'knot-card' : ''}`} />
      {step.map(({ part, index, last }) =>
        part.type === 'tool' ? null : part.type === 'file' ? (
          <FileList key={index} files={[part.file]} />
        ) : (
          <TextPartView key={index} part={part} isLive={last === livePart} />
        ),
      )}
      <CallsView
        calls={step.flatMap(({ part }) => (part.type === 'tool' ? [part.call] : []))}
        ToolView={props.ToolView}
      />
    </div>
  )
}

/** The calls at the end of a step. */
function CallsView(props: {
  calls: AppToolCall[]
  ToolView: ComponentType<{ call: AppToolCall }>
}) {
  const { calls, ToolView } = props
  const cards = calls.map((call) => (
    <div key={call.id} className="branch relative">
      <ToolView call={call} />
    </div>
  ))
  return calls.length < LEAST_GROUPED ? cards : <ToolGroup calls={calls}>{cards}</ToolGroup>
}

type TextPart = Exclude<AppPart, { type: 'tool' } | { type: 'file' }>

function TextPartView({ part, isLive }: { part: TextPart; isLive: boolean }) {
  switch (part.type) {
    case 'text':
      return <Markdown text={part.text} isGrowing={isLive} />
    case 'refusal':
      return (
        <p dir="auto" className="text-muted italic">
          {part.text}
        </p>
      )
    case 'reasoning':
      return <Reasoning text={part.text} isLive={isLive} />
  }
}
