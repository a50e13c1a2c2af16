import type { ExportedMessage, ExportedSession } from '../../../shared/contract/export.ts'
import { invalidImport } from './import-error.ts'
import type { ImportPath } from './import-error.ts'

/** @throws BAD_REQUEST when the messages are not a tree, or an answer is invalid */
export function checkTree(
  { messages, activeLeaf }: Pick<ExportedSession, 'messages' | 'activeLeaf'>,
  path: ImportPath,
): void {
  const byId = new Map<string, ExportedMessage>()
  for (const [index, message] of messages.entries()) {
    if (byId.has(message.id)) {
      throw invalidImport([...path, 'messages', index, 'id'], 'another message has this id')
    }
    byId.set(message.id, message)
  }
  if (activeLeaf !== null && !byId.has(activeLeaf)) {
    throw invalidImport([...path, 'activeLeaf'], 'there is no such message')
  }
  for (const [index, message] of messages.entries()) {
    checkMessage(message, byId, [...path, 'messages', index])
  }
  const reached = new Set(parentsFirst(messages))
  const index = messages.findIndex((message) => !reached.has(message))
  if (index >= 0) {
    throw invalidImport([...path, 'messages', index, 'parentId'], 'leads back to the message')
  }
}

/**
 * The messages with each parent before its children. Their times do not give that order: a queued message is older than
 * the answer that it follows.
 */
export function parentsFirst(messages: readonly ExportedMessage[]): ExportedMessage[] {
  const children = Map.groupBy(messages, ({ parentId }) => parentId)
  const ordered = [...(children.get(null) ?? [])]
  // The loop adds to this list.
  for (const { id } of ordered) {
    for (const child of children.get(id) ?? []) {
      ordered.push(child)
    }
  }
  return ordered
}

function checkMessage(
  message: ExportedMessage,
  byId: ReadonlyMap<string, ExportedMessage>,
  path: ImportPath,
): void {
  const parent = message.parentId === null ? null : byId.get(message.parentId)
  if (parent === undefined) {
    throw invalidImport([...path, 'parentId'], 'there is no such message')
  }
  const run = message.role === 'assistant' ? message.run : null
  if (run && parent?.role !== 'user') {
    throw invalidImport([...path, 'run'], 'an answer that has a run follows a person’s message')
  }
  const steps = new Set(run?.steps.map(({ step }) => step))
  for (const [index, { step, partsEnd }] of run?.steps.entries() ?? []) {
    const before = run?.steps[index - 1]
    if (before && (before.step >= step || before.partsEnd > partsEnd)) {
      throw invalidImport([...path, 'run', 'steps', index], 'does not follow the step before it')
    }
    if (partsEnd > message.parts.length) {
      throw invalidImport(
        [...path, 'run', 'steps', index, 'partsEnd'],
        'is beyond the last of the parts',
      )
    }
  }
  for (const [index, part] of message.parts.entries()) {
    if (part.type === 'tool' && !steps.has(part.call.step)) {
      throw invalidImport([...path, 'parts', index, 'call', 'step'], 'the run has no such step')
    }
  }
}
