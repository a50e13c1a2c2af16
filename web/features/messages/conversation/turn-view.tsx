import { memo, useCallback } from 'react'
import type { ComponentType, ReactNode } from 'react'
import type { AppMessage, AppToolCall, SessionSnapshot } from '../../../../shared/client/index.ts'
import { useSession } from '../../../../shared/react/index.ts'
import { ErrorBoundary } from '../../../ui/loading/error-boundary.tsx'
import { AnswerMessage } from '../answer/answer-message.tsx'
import { EditableMessage } from '../user-message/editable-message.tsx'
import { RawMessage } from './raw-message.tsx'
import type { Joined, Turn } from './turns.ts'
import { PendingMessage } from '../user-message/pending-message.tsx'
import { useLanguage } from '../../../language/language.ts'

type TurnProps = {
  sessionId: string
  turn: Turn
  older: ReadonlyMap<string, AppMessage>
  /** True for the first turn of the whole conversation, not only of its loaded part. */
  isFirst: boolean
  isLast: boolean
  isPinned: boolean
  /** The message of this turn to which the user navigated. */
  reachedId: string | null
  ToolView: ComponentType<{ call: AppToolCall }>
}

export const TurnView = memo(
  function TurnView(props: TurnProps) {
    useLanguage()
    const { turn, isFirst, isLast, isPinned } = props
    return (
      // A pinned turn has the height of the viewport: its message is at the top, and a short answer moves nothing.
      // The virtualizer takes the pointer from its rows for a moment after each scroll; a press would have no click.
      <div
        data-turn={turn.key}
        className={`pointer-events-auto mx-auto w-full max-w-3xl px-4 sm:px-6 ${isPinned && isLast ? 'min-h-[100cqh]' : ''}`}
      >
        {turn.messageIds.map((id, index) =>
          turn.joined.some((one) => one.id === id) ? null : (
            <Place key={id} id={id} reachedId={props.reachedId}>
              <MessageById
                id={id}
                sessionId={props.sessionId}
                older={props.older}
                beginsLine={isFirst && index === 0}
                isNewest={isLast && id === turn.answerId}
                joined={turn.joined.filter(({ answerId }) => answerId === id)}
                reachedId={props.reachedId}
                ToolView={props.ToolView}
              />
            </Place>
          ),
        )}
      </div>
    )
  },
  (a, b) =>
    a.turn.messageIds.join() === b.turn.messageIds.join() &&
    a.sessionId === b.sessionId &&
    a.older === b.older &&
    a.isFirst === b.isFirst &&
    a.isLast === b.isLast &&
    a.isPinned === b.isPinned &&
    a.reachedId === b.reachedId &&
    a.ToolView === b.ToolView,
)

/** The element of a message; links lead to it by its id. */
function Place(props: { id: string; reachedId: string | null; children: ReactNode }) {
  const isReached = props.id === props.reachedId
  return (
    <div
      data-message={props.id}
      tabIndex={isReached ? -1 : undefined}
      className={isReached ? 'reached' : undefined}
    >
      {props.children}
    </div>
  )
}

/** Selects one message of the session, so that a token renders only its own message. */
function MessageById(props: {
  id: string
  sessionId: string
  older: ReadonlyMap<string, AppMessage>
  beginsLine: boolean
  isNewest: boolean
  joined: readonly Joined[]
  reachedId: string | null
  ToolView: ComponentType<{ call: AppToolCall }>
}) {
  const { id, sessionId, older } = props
  const live = useSession(
    sessionId,
    useCallback((snapshot: SessionSnapshot) => findMessage(snapshot, id), [id]),
  )
  const pending = useSession(
    sessionId,
    useCallback(
      ({ pending: sends }: SessionSnapshot) => sends.find((send) => send.id === id),
      [id],
    ),
  )
  const message = live ?? older.get(id)
  if (!message) {
    return pending ? <PendingMessage send={pending} beginsLine={props.beginsLine} /> : null
  }
  return (
    <ErrorBoundary fallback={<RawMessage message={message} />}>
      {message.role === 'user' ? (
        <EditableMessage message={message} beginsLine={props.beginsLine} />
      ) : (
        <AnswerMessage
          message={message}
          ToolView={props.ToolView}
          isNewest={props.isNewest}
          joined={props.joined.map((one) => ({
            ...one,
            view: (
              <Place id={one.id} reachedId={props.reachedId}>
                <MessageById
                  {...props}
                  id={one.id}
                  beginsLine={false}
                  isNewest={false}
                  joined={[]}
                />
              </Place>
            ),
          }))}
        />
      )}
    </ErrorBoundary>
  )
}

function findMessage({ state }: SessionSnapshot, id: string): AppMessage | undefined {
  return state?.messages.findLast((message) => message.id === id)
}
