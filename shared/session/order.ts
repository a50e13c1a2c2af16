import type { Message } from '../contract/message.ts'
import { replaceEqualDeep } from './structural-sharing.ts'

/**
 * Inserts or replaces a message in the list: the active branch in its order, followed by the queued messages in theirs.
 * A known message keeps its place unless it leaves the queue. A new message, or one that leaves the queue, is added at
 * the end of its group: its parent is then the leaf of the branch. A change of the branch is done by a snapshot.
 */
export function placeMessage<Call>(
  messages: readonly Message<Call>[],
  message: Message<Call>,
): readonly Message<Call>[] {
  const index = messages.findLastIndex(({ id }) => id === message.id)
  const there = messages[index]
  if (there !== undefined && isQueued(there) === isQueued(message)) {
    return messages.with(index, replaceEqualDeep(there, message))
  }
  const others = there === undefined ? messages : messages.toSpliced(index, 1)
  const end = isQueued(message) ? others.length : others.findLastIndex((m) => !isQueued(m)) + 1
  return others.toSpliced(end, 0, message)
}

function isQueued<Call>({ status }: Message<Call>): boolean {
  return status === 'queued'
}
