import { ChevronLeft, ChevronRight } from 'lucide-react'
import { useEffect, useRef } from 'react'
import type { ReactNode } from 'react'
import type { AppMessage } from '../../../shared/client/index.ts'
import { IconButton } from '../../ui/controls/icon-button.tsx'
import { useVersions } from './use-versions.ts'
import { t } from '../../language/t.ts'

type Direction = 'previous' | 'next'

/** The button that gets the focus next: the selected version is another message with its own buttons. */
let handover: { id: string; direction: Direction } | null = null

/** The number of the version, with buttons to its neighbours; nothing when there is only one. */
export function Versions({ message }: { message: AppMessage }) {
  const { siblings } = message
  return siblings.count > 1 ? <VersionButtons message={message} /> : null
}

function VersionButtons({ message }: { message: AppMessage }) {
  const { siblings } = message
  const { isBusy, problem, select } = useVersions(message)
  const group = useRef<HTMLSpanElement>(null)

  useEffect(() => {
    if (handover?.id !== message.id) return
    const { direction } = handover
    handover = null
    const [previous, next] = group.current?.querySelectorAll('button') ?? []
    const wanted = direction === 'previous' ? [previous, next] : [next, previous]
    wanted.find((button) => button && !button.disabled)?.focus({ preventScroll: true })
  }, [message.id])

  function go(direction: Direction): void {
    const id = siblings[direction]
    if (id === null || isBusy) return
    handover = { id, direction }
    void select(id).then((isSelected) => {
      // A later switch is not to take the focus.
      if (!isSelected && handover?.id === id) handover = null
    })
  }

  const neighbour = (direction: Direction) => ({
    isThere: siblings[direction] !== null,
    isWaiting: isBusy,
    onGo: () => go(direction),
  })
  return (
    <>
      <span
        ref={group}
        role="group"
        aria-label={t('Versions')}
        className="inline-flex items-center text-xs text-muted tabular-nums"
      >
        <Neighbour label={t('Previous version')} {...neighbour('previous')}>
          <ChevronLeft aria-hidden size={15} className="rtl:-scale-x-100" />
        </Neighbour>
        <span className="px-0.5">{`${siblings.index + 1} / ${siblings.count}`}</span>
        <Neighbour label={t('Next version')} {...neighbour('next')}>
          <ChevronRight aria-hidden size={15} className="rtl:-scale-x-100" />
        </Neighbour>
      </span>
      {problem && <span role="status">{problem}</span>}
    </>
  )
}

/** A button that stays focusable while it is disabled, so that the focus is not lost. */
function Neighbour(props: {
  label: string
  isThere: boolean
  isWaiting: boolean
  onGo: () => void
  children: ReactNode
}) {
  const { label, isThere, isWaiting } = props
  return (
    <IconButton
      label={label}
      title={label}
      className="size-6 aria-disabled:cursor-default aria-disabled:opacity-40"
      disabled={!isThere}
      aria-disabled={isWaiting || undefined}
      onClick={props.onGo}
    >
      {props.children}
    </IconButton>
  )
}
