import type { Message } from '../contract/message.ts'
import { keepSame } from './keep-same.ts'

/**
 * Puts a message among the others: the active branch in its order, then what is queued in the order it came. A message
 * that is here already and stays what it was, queued or not, keeps its place; one that is new, or whose turn has come,
 * goes to the end of its kind: its parent is then the leaf of the branch. Moving to another branch takes a snapshot.
 */
export function placeMessage<Call>(
  messages: readonly Message<Call>[],
  message: Message<Call>,
): readonly Message<Call>[] {
  const index = messages.findLastIndex(({ id }) => id === message.id)
  const there = messages[index]
  if (there !== undefined && isQueued(there) === isQueued(message)) {
    return messages.with(index, keepSame(there, message))
  }
  const others = there === undefined ? messages : messages.toSpliced(index, 1)
  const end = isQueued(message) ? others.length : others.findLastIndex((m) => !isQueued(m)) + 1
  return others.toSpliced(end, 0, message)
}

function isQueued<Call>({ status }: Message<Call>): boolean {
  return status === 'queued'
}
