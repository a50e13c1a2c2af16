import type { LoggedEvent } from '../../../shared/contract/events.ts'
import { mergeChunks } from '../../../shared/session/merge.ts'
import { toFrames } from './frames.ts'
import type { CommittedEvent } from '../events.ts'

/** The longest text that chunks are merged to. UTF-16 units. */
const LONGEST_CHUNK = 32 * 1024

/** An event that is to be sent, and what it is as one frame that is the same for everybody, where it is one. */
export type Ready = { committed: CommittedEvent; whole: LoggedEvent | null }

const known = new WeakMap<readonly CommittedEvent[], readonly Ready[]>()

/** Merged and cut once for all readers that are given the same list, so that they also share what it is as JSON. */
export function readyOf(events: readonly CommittedEvent[]): readonly Ready[] {
  const found = known.get(events)
  if (found) {
    return found
  }
  const ready = mergeChunks(events, LONGEST_CHUNK).map((committed): Ready => {
    const { seq, event } = committed
    const frames = event.type === 'branch' ? null : toFrames(event)
    const isWhole = frames !== null && frames.rest.length === 0
    return { committed, whole: isWhole ? { seq, event: frames.first } : null }
  })
  known.set(events, ready)
  return ready
}

/** All of a list as frames that are the same for everybody; null when some of it is not. */
export function wholesOf(events: readonly CommittedEvent[]): readonly LoggedEvent[] | null {
  const wholes: LoggedEvent[] = []
  for (const { whole } of readyOf(events)) {
    if (!whole) {
      return null
    }
    wholes.push(whole)
  }
  return wholes
}
