import { ArrowDown } from 'lucide-react'
import { useEffect, useEffectEvent, useLayoutEffect, useRef, useState } from 'react'
import type { ComponentType } from 'react'
import { Virtualizer } from 'virtua'
import type { VirtualizerHandle } from 'virtua'
import type { AppToolCall } from '../../../../shared/client/index.ts'
import { useSession, useThroughline } from '../../../../shared/react/index.ts'
import { isActive } from '../../../../shared/contract/active.ts'
import { wasSentHere } from '../composer/send-message.ts'
import { FindInSession } from '../find/find-in-session.tsx'
import { turnHeight } from './turn-height.ts'
import { TurnView } from './turn-view.tsx'
import { sameTurns, turnsOf } from './turns.ts'
import { tabIntoView } from './tab-into-view.ts'
import { keptRows } from './kept-rows.ts'
import { OlderNotice } from './older-notice.tsx'
import { useFollow } from './use-follow.ts'
import { useKeptMounted } from './use-kept-mounted.ts'
import { holdInView } from './hold-position.ts'
import { useGoTo } from './use-go-to.ts'
import type { GoTo } from './use-go-to.ts'
import { useOlderMessages } from './use-older-messages.ts'
import { usePlace } from './use-place.ts'
import { t } from '../../../language/t.ts'

/** Older messages are loaded when the view is within this many pixels of the top. */
const LOAD_OLDER_WITHIN_PX = 600

/**
 * A session's messages in a virtualized list: only those near the viewport are rendered. Use the session's id as the
 * component's key.
 * @param props.goTo a message to scroll to, such as a search hit
 */
export function Conversation(props: {
  sessionId: string
  goTo: GoTo | null
  ToolView: ComponentType<{ call: AppToolCall }>
}) {
  const { sessionId, goTo, ToolView } = props
  const older = useOlderMessages(sessionId)
  const turns = useSession(
    sessionId,
    ({ state, pending }) =>
      turnsOf(
        [...older.messages, ...(state?.messages ?? [])],
        pending.map(({ id }) => id),
      ),
    sameTurns,
  )
  const scroller = useRef<HTMLDivElement>(null)
  const virtualizer = useRef<VirtualizerHandle>(null)
  const follow = useFollow(scroller)
  const { engage, keep, release } = follow

  const pinned = useSentHere(sessionId)
  useLayoutEffect(() => {
    if (pinned) engage()
  }, [pinned, engage])
  useLayoutEffect(keep, [turns, keep])

  const rows = usePlace({
    ...{ sessionId, isLed: goTo !== null, turns, older, follow },
    ...{ scroller, virtualizer },
  })
  const count = turns.length
  const client = useThroughline()
  const [typicalHeight] = useState(() =>
    turnHeight(client.session(sessionId).store.getSnapshot().state?.messages ?? []),
  )

  const { reached, problem } = useGoTo(goTo, turns, older)
  const indexOf = (messageId: string) =>
    turns.findIndex(({ messageIds }) => messageIds.includes(messageId))
  const bringNear = (messageId: string): void => {
    const offset = virtualizer.current?.getItemOffset(indexOf(messageId))
    if (scroller.current && offset !== undefined) scroller.current.scrollTop = offset
  }
  const bringNearNow = useEffectEvent(bringNear)
  const show = useEffectEvent(({ messageId }: GoTo) => {
    release()
    return scroller.current
      ? holdInView(scroller.current, messageId, () => bringNearNow(messageId))
      : undefined
  })
  useEffect(() => (reached ? show(reached) : undefined), [reached])
  const reachedId = reached?.messageId

  const runningId = useSession(sessionId, ({ state }) => state?.messages.findLast(isActive)?.id)
  const kept = useKeptMounted(scroller)
  const shift = useWasPrepended(turns.map(({ key }) => key))
  const news = useNews(sessionId, follow.isAtLatest)
  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={scroller}
        role="log"
        aria-label={t('Conversation')}
        aria-live="off"
        tabIndex={0}
        onKeyDown={tabIntoView}
        // An opaque background and a layer of its own; otherwise the browser repaints everything with each scroll.
        className="@container-size h-full overflow-y-auto overscroll-contain bg-bg [overflow-anchor:none] -outline-offset-2 will-change-scroll"
      >
        <div aria-hidden className="pointer-events-none sticky top-0 h-0">
          <div className="mx-auto h-[100cqh] w-full max-w-3xl px-4 sm:px-6">
            <div className="line line-ahead relative h-full" />
          </div>
        </div>
        <Virtualizer
          ref={virtualizer}
          scrollRef={scroller}
          shift={shift}
          cache={rows}
          itemSize={typicalHeight}
          bufferSize={600}
          keepMounted={keptRows(turns, runningId ?? null, kept)}
          onResize={keep}
          onScroll={(offset) => {
            if (offset < LOAD_OLDER_WITHIN_PX) older.load()
          }}
        >
          {turns.map((turn, index) => (
            <TurnView
              key={turn.key}
              sessionId={sessionId}
              ToolView={ToolView}
              turn={turn}
              reachedId={turn.messageIds.find((id) => id === reachedId) ?? null}
              older={older.byId}
              isFirst={index === 0 && !older.hasMore}
              isLast={index === count - 1}
              isPinned={turn.key === pinned}
            />
          ))}
        </Virtualizer>
      </div>
      <FindInSession
        sessionId={sessionId}
        older={older}
        scroller={scroller}
        bringNear={(messageId) => {
          release()
          bringNear(messageId)
        }}
      />
      <div className="pointer-events-none absolute inset-x-0 top-2 mx-auto grid w-fit max-w-[90%] justify-items-center gap-2 [search~&]:top-15">
        {problem && (
          <p
            role="alert"
            className="pointer-events-auto animate-[rise_140ms_ease-out] rounded-xl border border-border bg-raised px-3 py-1.5 text-sm shadow-md"
          >
            {problem}
          </p>
        )}
        <OlderNotice older={older} />
      </div>
      {!follow.isAtLatest && (
        <button
          type="button"
          aria-label={t('Jump to latest')}
          onClick={() => {
            engage()
            scroller.current?.focus({ preventScroll: true })
          }}
          className="absolute bottom-3 inset-x-0 mx-auto w-fit flex h-9 animate-[rise_140ms_ease-out] cursor-pointer items-center gap-1.5 rounded-full border border-border bg-raised px-3 text-sm shadow-md hover:bg-hover"
        >
          <ArrowDown aria-hidden size={15} className="text-accent" />
          {news > 0 ? t('{count, number} new', { count: news }) : t('Latest')}
        </button>
      )}
    </div>
  )
}

/**
 * The newest message that was sent from this tab while no answer was running: its turn is given the height of a page.
 * The outbox shows what other tabs send as well.
 */
function useSentHere(sessionId: string): string | null {
  const [sentHere, setSentHere] = useState<string | null>(null)
  const sending = useSession(sessionId, ({ state, pending }) =>
    state?.session.running ? null : (pending.findLast(({ id }) => wasSentHere(id))?.id ?? null),
  )
  if (sending !== null && sending !== sentHere) setSentHere(sending)
  return sentHere
}

/** Returns true when items were just added at the start of the list: the view then keeps its position. */
function useWasPrepended(keys: readonly string[]): boolean {
  const before = useRef<readonly string[]>([])
  const wasPrepended =
    keys.length >= before.current.length &&
    before.current.length > 0 &&
    keys[0] !== before.current[0] &&
    keys.at(-1) === before.current.at(-1)
  useLayoutEffect(() => {
    before.current = keys
  })
  return wasPrepended
}

/** The number of messages since the reader scrolled away from the newest. */
function useNews(sessionId: string, isAtLatest: boolean): number {
  const count = useSession(sessionId, ({ state }) => state?.messages.length ?? 0)
  const [seen, setSeen] = useState(count)
  if (isAtLatest && seen !== count) setSeen(count)
  return Math.max(0, count - seen)
}
