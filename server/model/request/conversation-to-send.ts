import { filesOf } from '../port.ts'
import type { ModelFile, ModelMessage } from '../port.ts'
import { wellFormed } from '../text/well-formed-text.ts'
import { withoutThoughts } from '../text/think-tags.ts'

/**
 * The conversation in a form that the strictest provider accepts: no text is blank or has an unpaired surrogate, no two
 * neighbours have the same role, every call is directly followed by its result, no result is without its call, and there
 * is an answer between a result and the next question.
 *
 * @param withCalls `false` for a model that gets no tools: earlier calls and their results become text, because
 *   providers refuse them in a request without tools
 * @param joinsQuestions `false` keeps two questions apart of which the first has no answer
 */
export function conversationToSend(
  messages: readonly ModelMessage[],
  { withCalls, joinsQuestions = true }: { withCalls: boolean; joinsQuestions?: boolean },
): ModelMessage[] {
  const whole = withResults(messages)
  const plain = withCalls ? whole : whole.flatMap((message, at) => asText(message, whole, at))
  const sent: ModelMessage[] = []
  for (const message of plain.map((one) => withoutBlanks(wellFormedText(one)))) {
    const last = sent.at(-1)
    if (isEmpty(message)) continue
    if (message.role === 'assistant' && !last) sent.push({ role: 'user', text: NOTHING_SAID })
    if (message.role === 'user' && last?.role === 'tool') {
      sent.push(says(message.joins ? READS_ON : CUT))
    }
    const isApart = !joinsQuestions && message.role === 'user'
    const joined = last && !isApart && join(last, message)
    if (joined) sent[sent.length - 1] = joined
    else sent.push(message)
  }
  return sent.length > 0 ? sent : [{ role: 'user', text: NOTHING_SAID }]
}

/** What people paste or import may not be well-formed. */
function wellFormedText(message: ModelMessage): ModelMessage {
  return message.role === 'tool' ? message : { ...message, text: wellFormed(message.text) }
}

/** Replaces a missing answer: one that was stopped, or failed, after its tools had returned. */
const CUT = '(This answer was cut off here.)'
/** The answer between a result and a message that came while the tools ran. */
export const READS_ON = '(I read this before I go on.)'
const NOTHING_SAID = '(empty message)'
const NO_RESULT = 'The call has no result.'
const NO_OUTPUT = '(no output)'

/**
 * The files of the results that end at this index, for an API whose results can only be text: they follow behind. Empty
 * at any other index.
 */
export function filesOfResults(messages: readonly ModelMessage[], at: number): ModelFile[] {
  if (messages[at]?.role !== 'tool' || messages[at + 1]?.role === 'tool') return []
  const first = messages.slice(0, at).findLastIndex(({ role }) => role !== 'tool') + 1
  return messages.slice(first, at + 1).flatMap(filesOf)
}
export const BROUGHT = '(The files that the tools brought:)'

type Assistant = Extract<ModelMessage, { role: 'assistant' }>
type Result = Extract<ModelMessage, { role: 'tool' }>

function says(text: string): Assistant {
  return { role: 'assistant', text, calls: [], providerState: null }
}

/** Puts exactly one result for each call directly behind the message with the calls, in their order. */
function withResults(messages: readonly ModelMessage[]): ModelMessage[] {
  return messages.flatMap((message, at): ModelMessage[] => {
    if (message.role === 'tool') return []
    if (message.role === 'user' || message.calls.length === 0) return [message]
    const seen = new Set<string>()
    const calls = message.calls.filter(({ id }) => !seen.has(id) && seen.add(id))
    const next = messages.findIndex(({ role }, place) => place > at && role !== 'tool')
    const behind = messages.slice(at + 1, next < 0 ? undefined : next)
    const results = calls.map(
      ({ id }): ModelMessage =>
        behind.find(
          (result): result is Result => result.role === 'tool' && result.callId === id,
        ) ?? {
          role: 'tool',
          callId: id,
          output: NO_RESULT,
          failed: true,
        },
    )
    return [{ ...message, calls }, ...results]
  })
}

/**
 * A message with calls as text of the assistant, and their results as text of the user, with which a conversation may
 * end.
 */
function asText(message: ModelMessage, all: readonly ModelMessage[], at: number): ModelMessage[] {
  if (message.role === 'tool') return []
  if (message.role === 'user' || message.calls.length === 0) return [message]
  const called = message.calls.map(
    ({ name, arguments: text }) => `(I call the tool ${name} with ${text})`,
  )
  const answered = message.calls.map(({ name }, number) => {
    const result = all[at + 1 + number]
    const output = result?.role === 'tool' ? result.output.trim() : ''
    return `(The tool ${name} answered: ${output || NO_OUTPUT})`
  })
  const files = message.calls.flatMap((_, number) => {
    const result = all[at + 1 + number]
    return result ? filesOf(result) : []
  })
  const text = [withoutThoughts(message.text), ...called].filter((piece) => piece.trim() !== '')
  return [
    says(text.join('\n\n')),
    { role: 'user', text: answered.join('\n\n'), ...(files.length > 0 && { files }) },
  ]
}

function withoutBlanks(message: ModelMessage): ModelMessage {
  switch (message.role) {
    case 'user':
      return message
    case 'tool':
      return message.output.trim() === '' ? { ...message, output: NO_OUTPUT } : message
    case 'assistant': {
      const text = withoutThoughts(message.text)
      return text === message.text && text.trim() !== ''
        ? message
        : { ...message, text: text.trim() === '' ? '' : text }
    }
  }
}

function isEmpty(message: ModelMessage): boolean {
  if (message.role === 'tool') return false
  if (message.role === 'user' && message.files && message.files.length > 0) return false
  const calls = message.role === 'assistant' ? message.calls.length : 0
  return calls === 0 && message.text.trim() === ''
}

function join(one: ModelMessage, other: ModelMessage): ModelMessage | null {
  if (one.role === 'user' && other.role === 'user') {
    const files = [...(one.files ?? []), ...(other.files ?? [])]
    const text = [one.text, other.text].filter((said) => said !== '').join('\n\n')
    return { role: 'user', text, ...(files.length > 0 && { files }) }
  }
  if (one.role !== 'assistant' || other.role !== 'assistant' || one.calls.length > 0) return null
  return {
    role: 'assistant',
    text: [one.text, other.text].filter(Boolean).join('\n\n'),
    calls: other.calls,
    // The order of reasoning and calls in a state is valid only for the message with which it came.
    providerState: other.providerState ?? one.providerState,
  }
}
