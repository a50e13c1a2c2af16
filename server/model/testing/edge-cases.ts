import { expect } from 'vitest'
import { createModelPort } from '../create.ts'
import type { ModelStep } from '../port.ts'
import { collect, stepOf } from './collect.ts'
import type { CollectedStep } from './collect.ts'
import { sse, startScriptedProvider } from './scripted-provider.ts'
import type { ScriptedReply, ScriptedRequest } from './scripted-provider.ts'

/** Quirks of providers of the OpenAI family that are in no specification. The numbers are those of docs/model.md. */
export const ROWS: Record<number, string> = {
  1: 'a piece of a call without an index',
  2: 'a new id on an index already used',
  3: 'places that start at 1 or have holes',
  4: 'call ids that are missing, meaningless or used before',
  5: 'a name that comes late',
  6: 'arguments null or empty',
  7: 'arguments that are no JSON',
  8: 'everything in one delta',
  9: 'finish "stop" although calls are there',
  10: 'no finish reason, or several',
  11: 'empty choices',
  12: 'usage anywhere, or nowhere',
  13: 'several answers at once',
  14: 'one thought in several fields',
  15: 'nulls and empty texts',
  16: 'an error after 200',
  17: 'one error said twice',
  18: 'item ids that change with each event',
  19: 'deltas that disagree with, or lack, their .done',
  20: 'the end of the stream without an ending',
  21: 'an abort',
  22: 'a stall before or after the first token',
  23: 'comments, CRLF, characters cut anywhere',
  24: 'the length limit in the middle of a call',
  25: 'a web page as an error',
  26: 'parameters that are refused',
  27: 'rate limits with a time to wait',
  28: 'thoughts that the API no longer knows',
  29: 'a JSON body although a stream was asked',
  30: 'characters cut between deltas',
}

export type EdgeCase = {
  name: string
  /** The replies in order; the last one is repeated for all further requests. */
  replies: ScriptedReply[]
  step?: Partial<ModelStep>
  timeoutSeconds?: number
  idleSeconds?: number
  /** Aborts as soon as the first text has come. */
  abort?: boolean
  text?: string
  reasoning?: string
  /** Name and arguments of each call. */
  calls?: [string, string][]
  finish?: string
  error?: { code: string; message?: RegExp }
  /** The number of requests to the provider. */
  requests?: number
  /** Anything else that must hold. */
  check?: (step: CollectedStep, requests: ScriptedRequest[]) => void
}

/** The outcome of a step with two calls. */
export const twoCalls: [string, string][] = [
  ['add', '{"a":1}'],
  ['mul', '{"b":2}'],
]

/** Expects that the second request lacks this field, which the first one had. */
export function leavesOut(name: string): EdgeCase['check'] {
  return (_step, [first, second]) => {
    expect(JSON.stringify(first?.body)).toContain(`"${name}"`)
    expect(JSON.stringify(second?.body)).not.toContain(`"${name}"`)
  }
}

/** Expects that the step reports this usage; null for none. */
export function reports(tokens: { inputTokens: number; outputTokens: number } | null) {
  return ({ deltas }: CollectedStep): void => {
    const last = deltas.findLast(({ type }) => type === 'usage')
    expect(last ?? null).toEqual(tokens && { type: 'usage', usage: tokens })
  }
}

/** Expects that no text ends in half a surrogate pair. */
export function keepsCharactersWhole({ deltas }: CollectedStep): void {
  for (const delta of deltas) {
    if ('text' in delta) expect(delta.text.isWellFormed()).toBe(true)
  }
}

/** A reply with these events; a string is sent unchanged. */
export function reply(...pieces: (object | string)[]): ScriptedReply {
  return { body: pieces.map((piece) => (typeof piece === 'string' ? piece : sse(piece))) }
}

/** Plays the case over a real connection, and checks its expectations. */
export async function asked(api: 'chat' | 'responses', one: EdgeCase): Promise<void> {
  await using provider = await startScriptedProvider(one.replies)
  const port = createModelPort({
    apiKey: 'sk-secret-key-123456',
    baseUrl: provider.baseUrl,
    api,
    timeoutSeconds: one.timeoutSeconds ?? 10,
    idleTimeoutSeconds: one.idleSeconds ?? 10,
    random: () => 0,
  })
  const step = stepOf('hi', one.step)
  const controller = new AbortController()
  const result = one.abort
    ? await collectUntilText(port, step, controller)
    : await collect(port, step, controller.signal)
  const endings = result.deltas.filter(({ type }) => type === 'finish' || type === 'error')
  expect(endings).toHaveLength(one.abort ? 0 : 1)
  if (!one.abort) expect(result.ending).toBe(endings[0])
  expect(result.text).toBe(one.text ?? '')
  expect(result.reasoning).toBe(one.reasoning ?? '')
  if (!one.error) {
    expect(result.calls.map((call) => [call.name, call.arguments])).toEqual(one.calls ?? [])
  }
  const ids = result.calls.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  if (one.finish) expect(result.ending).toEqual({ type: 'finish', finish: one.finish })
  if (one.error) {
    const { code, message = /./ } = one.error
    const error = { code, message: expect.stringMatching(message) }
    expect(result.ending).toMatchObject({ type: 'error', error })
  }
  if (one.requests) expect(provider.requests).toHaveLength(one.requests)
  one.check?.(result, provider.requests)
}

async function collectUntilText(
  port: ReturnType<typeof createModelPort>,
  step: ModelStep,
  controller: AbortController,
): Promise<CollectedStep> {
  const result: CollectedStep = {
    deltas: [],
    text: '',
    reasoning: '',
    refusal: '',
    calls: [],
    ending: undefined,
  }
  for await (const delta of port.stream(step, controller.signal)) {
    result.deltas.push(delta)
    if (delta.type === 'text') {
      result.text += delta.text
      controller.abort()
    }
  }
  return result
}
