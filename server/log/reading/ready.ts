import type { LoggedEvent } from '../../../shared/contract/events.ts'
import { mergeChunks } from '../../../shared/session/merge.ts'
import { toFrames } from './frames.ts'
import type { CommittedEvent } from '../events.ts'

/** The longest text that chunks are merged to. UTF-16 units. */
const LONGEST_CHUNK = 32 * 1024

/**
 * A committed event that is to be sent. `whole` is its single frame if that is the same for every reader, else null.
 */
export type Ready = { committed: CommittedEvent; whole: LoggedEvent | null }

const known = new WeakMap<readonly CommittedEvent[], readonly Ready[]>()

/** Merges and cuts a list once for all readers that get the same list, so that they share its JSON too. */
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

/** The frames of a list if all of them are the same for every reader; else null. */
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
