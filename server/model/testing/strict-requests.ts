import { arrayOf, isObject, objectOf, parseJson, stringOf } from '../json.ts'
import type { JsonObject } from '../json.ts'

/**
 * The reasons for which the strictest of the known providers would refuse a request of either API: Anthropic's rules
 * about texts, Mistral's and Gemma's about the order of roles, OpenAI's about calls and schemas. Empty when all of them
 * accept it.
 */
export function requestProblems(body: unknown): string[] {
  const request = objectOf(body)
  const turns = Array.isArray(request.messages) ? chatTurns(request) : responsesTurns(request)
  const order = orderProblems(turns.turns, goesOn(request))
  return [...turns.problems, ...order, ...toolProblems(request, turns.turns)]
}

/** True when the request asks to continue the last message. */
function goesOn({ messages, continue_final_message: continues }: JsonObject): boolean {
  return continues === true || objectOf(arrayOf(messages).at(-1)).prefix === true
}

/** A message, a call's result, or an assistant message with its calls, the same for both APIs. */
type Turn = { role: 'user' | 'assistant' | 'tool'; calls: string[]; answers: string[] }
type Read = { turns: Turn[]; problems: string[] }

function chatTurns({ messages }: JsonObject): Read {
  const problems: string[] = []
  const turns: Turn[] = []
  for (const [at, value] of arrayOf(messages).entries()) {
    const message = objectOf(value)
    const calls = arrayOf(message.tool_calls).map(objectOf)
    const { role, content } = message
    if (role === 'system') {
      if (at > 0) problems.push('instructions behind the first message')
      problems.push(...textProblems(content))
      continue
    }
    if (role !== 'user' && role !== 'assistant' && role !== 'tool') {
      problems.push(`the role ${String(role)}`)
      continue
    }
    if (content !== null || role !== 'assistant') problems.push(...textProblems(content))
    if (role === 'assistant' && content === null && calls.length === 0) {
      problems.push('an assistant message with nothing in it')
    }
    for (const call of calls) problems.push(...callProblems(objectOf(call.function)))
    const answers = role === 'tool' ? [stringOf(message.tool_call_id)] : []
    turns.push({ role, calls: calls.map(({ id }) => stringOf(id)), answers })
  }
  return { turns, problems }
}

function responsesTurns({ input, instructions }: JsonObject): Read {
  const problems = instructions === undefined ? [] : textProblems(instructions)
  const turns: Turn[] = []
  for (const value of arrayOf(input)) {
    const item = objectOf(value)
    const last = turns.at(-1)
    switch (item.type) {
      case 'reasoning':
        break
      case 'function_call': {
        problems.push(...callProblems(item))
        const call = stringOf(item.call_id)
        if (last?.role === 'assistant') last.calls.push(call)
        else turns.push({ role: 'assistant', calls: [call], answers: [] })
        break
      }
      case 'function_call_output':
        problems.push(...textProblems(item.output))
        turns.push({ role: 'tool', calls: [], answers: [stringOf(item.call_id)] })
        break
      default:
        problems.push(...textProblems(item.content))
        if (item.role === 'user' || item.role === 'assistant') {
          turns.push({ role: item.role, calls: [], answers: [] })
        } else {
          problems.push(`an item of the type ${String(item.type)}`)
        }
    }
  }
  return { turns, problems }
}

function orderProblems(turns: readonly Turn[], mayEndWithAssistant: boolean): string[] {
  const problems: string[] = []
  if (turns[0]?.role !== 'user') problems.push('a beginning that is no question')
  if (turns.at(-1)?.role === 'assistant' && !mayEndWithAssistant) {
    problems.push('an end that is the assistant’s own')
  }
  for (const [at, turn] of turns.entries()) {
    const before = turns[at - 1]
    if (turn.role !== 'tool' && before?.role === turn.role) {
      problems.push(`two ${turn.role} messages in a row`)
    }
    if (turn.role === 'user' && before?.role === 'tool') {
      problems.push('a user message behind a result')
    }
    if (turn.role === 'tool' && before?.role === 'user') problems.push('a result without a call')
    if (turn.calls.length === 0) continue
    const next = turns.findIndex(({ role }, place) => place > at && role !== 'tool')
    const answers = turns.slice(at + 1, next < 0 ? undefined : next).flatMap((one) => one.answers)
    if (new Set(turn.calls).size < turn.calls.length) problems.push('two calls with one id')
    if (answers.join() !== turn.calls.join()) {
      problems.push(`results ${answers.join()} for the calls ${turn.calls.join()}`)
    }
  }
  return problems
}

function textProblems(text: unknown): string[] {
  if (Array.isArray(text)) {
    if (text.length === 0) return ['a content without parts']
    return text.map(objectOf).flatMap((part) => ('text' in part ? textProblems(part.text) : []))
  }
  if (typeof text !== 'string') return ['a text that is none']
  if (text.trim() === '') return ['a blank text']
  return text.isWellFormed() && !text.includes('\0') ? [] : ['a text with half a character']
}

function callProblems(called: JsonObject): string[] {
  const problems = /^[\w-]{1,64}$/.test(stringOf(called.name))
    ? []
    : [`a call of "${String(called.name)}"`]
  return isObject(parseJson(stringOf(called.arguments)))
    ? problems
    : [...problems, 'arguments that are no object']
}

function toolProblems({ tools }: JsonObject, turns: readonly Turn[]): string[] {
  const offered = arrayOf(tools).map(objectOf)
  const problems: string[] = []
  if (tools !== undefined && offered.length === 0) problems.push('an empty list of tools')
  if (offered.length > 128) problems.push('more than 128 tools')
  if (offered.length === 0 && turns.some(({ calls }) => calls.length > 0)) {
    problems.push('calls in a request without tools')
  }
  for (const tool of offered) {
    const described = isObject(tool.function) ? tool.function : tool
    const problem = schemaProblem(objectOf(described.parameters), true)
    if (problem) problems.push(`the tool ${String(described.name)}: ${problem}`)
  }
  return problems
}

function schemaProblem(schema: JsonObject, atTop: boolean): string | null {
  if (atTop) {
    if (schema.type !== 'object') return 'no object'
    if (!isObject(schema.properties)) return 'an object without properties'
    const choice = ['oneOf', 'anyOf', 'allOf', 'enum', 'not', '$ref'].find((key) => key in schema)
    if (choice) return `${choice} at the top`
  }
  if (schema.type === 'array' && !isObject(schema.items) && typeof schema.items !== 'boolean') {
    return 'an array without items'
  }
  const parts = [
    ...Object.values(objectOf(schema.properties)),
    ...Object.values(objectOf(schema.$defs)),
    schema.items,
    ...arrayOf(schema.anyOf),
  ]
  return (
    parts
      .filter(isObject)
      .map((part) => schemaProblem(part, false))
      .find((problem) => problem !== null) ?? null
  )
}
