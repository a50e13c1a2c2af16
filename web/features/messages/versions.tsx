import { ChevronLeft, ChevronRight } from 'lucide-react'
import { useEffect, useRef } from 'react'
import type { ReactNode } from 'react'
import type { AppMessage } from '../../../shared/client/index.ts'
import { IconButton } from '../../ui/icon-button.tsx'
import { useVersions } from './use-versions.ts'

type Direction = 'previous' | 'next'

/** Where the focus goes on: the version that is asked for is another message, with buttons of its own. */
let handover: { id: string; direction: Direction } | null = null

/** Which version of a message this is, and the way to its neighbours; nothing while there is only one. */
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
    select(id)
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
        aria-label="Versions"
        className="inline-flex items-center text-xs text-muted tabular-nums"
      >
        <Neighbour label="Previous version" {...neighbour('previous')}>
          <ChevronLeft aria-hidden size={15} />
        </Neighbour>
        <span className="px-0.5">{`${siblings.index + 1} / ${siblings.count}`}</span>
        <Neighbour label="Next version" {...neighbour('next')}>
          <ChevronRight aria-hidden size={15} />
        </Neighbour>
      </span>
      {problem && <span role="status">{problem}</span>}
    </>
  )
}

/** It can be reached while it has to wait, so that the focus does not fall off it. */
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
