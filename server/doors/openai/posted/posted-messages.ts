import type {
  ExportedCall,
  ExportedMessage,
  ExportedPart,
  ExportedRun,
} from '../../../../shared/contract/export.ts'
import type { Said, SaidCall } from '../../files/said.ts'

type Answer = Omit<Extract<ExportedMessage, { role: 'assistant' }>, 'id' | 'parentId'>
type Question = Omit<Extract<ExportedMessage, { role: 'user' }>, 'id' | 'parentId'>

/**
 * Converts a posted history into messages that can be imported. All items of the assistant between two messages of the
 * user, with the calls and their outputs, are one answer, with a step for each model call. Calls before the first
 * message of the user belong to no question, and are left out.
 *
 * @param follows true where a message of the user may stand before all of them
 */
export function postedMessages(
  history: readonly Said[],
  now: string,
  follows = false,
): ExportedMessage[] {
  const said: (Question | Answer)[] = []
  for (const group of groupsOf(history)) {
    const [first] = group
    const before = said.at(-1)
    const isAsked = before ? before.role === 'user' : follows
    if (first?.role === 'user') {
      said.push(questionOf(first, now))
    } else if (isAsked && group.some(({ calls }) => calls)) {
      said.push(answerOf(group, now))
    } else {
      for (const { text } of group) {
        if (text !== '') said.push(plainAnswer([{ type: 'text', text }], now))
      }
    }
  }
  return said.map((one, index) => ({
    ...one,
    ...{ id: `${index}`, parentId: index === 0 ? null : `${index - 1}` },
  }))
}

/** Groups messages: each message of the user is a group, and so are the assistant's messages between two of them. */
function groupsOf(history: readonly Said[]): Said[][] {
  const groups: Said[][] = []
  for (const one of history) {
    const last = groups.at(-1)
    if (one.role === 'assistant' && last?.[0]?.role === 'assistant') last.push(one)
    else groups.push([one])
  }
  return groups
}

function questionOf({ text, files }: Said, now: string): Question {
  const parts: ExportedPart[] = [
    ...(text === '' ? [] : [{ type: 'text' as const, text }]),
    ...files.map((file) => ({ type: 'file' as const, file })),
  ]
  return { role: 'user', createdAt: now, parts }
}

function plainAnswer(parts: ExportedPart[], now: string, run: ExportedRun | null = null): Answer {
  return {
    ...{ role: 'assistant', status: 'completed', createdAt: now, parts, run },
    ...{ model: null, usage: null, error: null },
  }
}

function answerOf(group: readonly Said[], now: string): Answer {
  const parts: ExportedPart[] = []
  const steps = group.map(({ text, calls = [] }, step) => {
    if (text !== '') parts.push({ type: 'text', text })
    for (const call of calls) parts.push({ type: 'tool', call: exportedCall(call, step) })
    const finish = calls.length > 0 ? 'tool-calls' : 'stop'
    return { step, partsEnd: parts.length, model: 'unknown', finish, usage: null }
  })
  return plainAnswer(parts, now, { finish: 'stop', startedAt: now, endedAt: now, steps })
}

/** The call as an imported one: it has ended, is not carried out here, and its approval counts for no other call. */
function exportedCall({ id, name, source, arguments: text, result }: SaidCall, step: number) {
  const call = {
    ...{ name, source, step, providerId: id, arguments: text },
    ...{ effect: 'once' as const, input: readable(text) },
  }
  return result && 'output' in result
    ? { ...call, status: 'completed' as const, output: result.output }
    : { ...call, status: 'failed' as const, error: result?.error ?? NO_RESULT }
}

const NO_RESULT: NonNullable<ExportedCall['error']> = 'The call has no result.'

function readable(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
