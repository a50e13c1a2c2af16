import { z } from 'zod'
import type { DoorRun } from '../../../db/queries/doors/responses.ts'
import { hex, responseId } from '../ids.ts'
import { DoorError, toOpenAiError } from './errors.ts'
import type { NumberedEvent } from './response-events.ts'

const Call = z.object({
  ...{ type: z.literal('function_call'), call_id: z.string(), name: z.string() },
  arguments: z.string(),
})
const Text = z.object({
  type: z.literal('message'),
  content: z.array(z.looseObject({ text: z.string().optional(), refusal: z.string().optional() })),
})
const Response = z.looseObject({
  status: z.string(),
  output: z.array(z.looseObject({ type: z.string(), id: z.string() })),
  error: z.object({ message: z.string(), code: z.string() }).nullable(),
  incomplete_details: z.object({ reason: z.string() }).nullable(),
  usage: z
    .object({ input_tokens: z.number(), output_tokens: z.number(), total_tokens: z.number() })
    .nullable(),
})
type Response = z.infer<typeof Response>
const TextEvent = z.object({
  type: z.enum(['response.output_text.delta', 'response.refusal.delta']),
  delta: z.string(),
  item_id: z.string(),
})
const CallEvent = z.object({ type: z.literal('response.output_item.done'), item: Call })
const GivenUp = z.object({
  type: z.literal('response.output_item.done'),
  item: z.object({ id: z.string(), type: z.literal('message'), status: z.literal('incomplete') }),
})
const Ended = z.object({
  type: z.enum(['response.completed', 'response.incomplete', 'response.failed']),
  response: Response,
})

/** A finished response as one completion. */
export function toCompletion(run: DoorRun, given: Record<string, unknown>) {
  const response = Response.parse(given)
  const failure = failureOf(response)
  if (failure) throw failure
  const calls = response.output.flatMap((item) => Call.safeParse(item).data ?? [])
  const texts = response.output.flatMap((item) => Text.safeParse(item).data?.content ?? [])
  const refusal = texts.map((part) => part.refusal ?? '').join('')
  return {
    ...headOf(run, 'chat.completion'),
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: texts.map(({ text }) => text ?? '').join('') || null,
          refusal: refusal || null,
          ...(calls.length > 0 && { tool_calls: calls.map((call) => toToolCall(call)) }),
        },
        finish_reason: finishOf(response, calls.length > 0),
        logprobs: null,
      },
    ],
    usage: usageOf(response),
  }
}

/** The events of a response as chunks, which can only be added to. */
export async function* chatChunks(
  run: DoorRun,
  events: AsyncGenerator<NumberedEvent, void, void>,
  withUsage: boolean,
): AsyncGenerator<string, void, void> {
  const chunk = (delta: object, finish_reason: string | null = null) =>
    line({
      ...headOf(run, 'chat.completion.chunk'),
      choices: [{ index: 0, delta, finish_reason, logprobs: null }],
      ...(withUsage && { usage: null }),
    })
  yield chunk({ role: 'assistant', content: '' })
  let calls = 0
  const shown = new Set<string>()
  /** The item of text that was shown and may not count. */
  let givenUp: string | null = null
  for await (const event of events) {
    givenUp ??= GivenUp.safeParse(event).data?.item.id ?? null
    const response = Ended.safeParse(event).data?.response
    const goesOn = event.type === 'response.output_item.added'
    // A takeover may also give up what was whole. The text of an answer that was stopped, or failed, stays what it is.
    const kept = response && new Set(response.output.map(({ id }) => id))
    const isLost = kept && [...shown].some((id) => !kept.has(id))
    if (isLost || (givenUp !== null && goesOn)) {
      // What was shown cannot be taken back here.
      yield line(toOpenAiError(new DoorError(AGAIN(run), { code: 'answer_restarted' })).body)
      return
    }
    const text = TextEvent.safeParse(event).data
    if (text) {
      shown.add(text.item_id)
      yield chunk(
        text.type === 'response.refusal.delta' ? { refusal: text.delta } : { content: text.delta },
      )
    }
    const call = CallEvent.safeParse(event).data?.item
    if (call) {
      yield chunk({ tool_calls: [{ index: calls, ...toToolCall(call) }] })
      calls += 1
    }
    if (!response) continue
    const failure = failureOf(response)
    if (failure) {
      yield line(toOpenAiError(failure).body)
      return
    }
    yield chunk({}, finishOf(response, calls > 0))
    if (withUsage) {
      yield line({ ...headOf(run, 'chat.completion.chunk'), choices: [], usage: usageOf(response) })
    }
  }
  yield 'data: [DONE]'
}

/** By what a stream says that it failed. */
export function chatFailure(error: unknown): string[] {
  return [line(toOpenAiError(error).body), 'data: [DONE]']
}

function AGAIN({ runId }: DoorRun): string {
  const id = responseId({ runId, segment: 0 })
  return `The server that wrote this answer was lost, and another writes it anew. It is whole at /v1/responses/${id}.`
}

function failureOf({ status, error }: Response): DoorError | null {
  if (status !== 'failed') return null
  const isLimit = error?.code === 'rate_limit_exceeded'
  return new DoorError(error?.message ?? 'The answer failed.', {
    ...{ status: isLimit ? 429 : 503, code: error?.code ?? null },
  })
}

function finishOf({ incomplete_details: incomplete }: Response, hasCalls: boolean): string {
  if (hasCalls) return 'tool_calls'
  if (incomplete === null) return 'stop'
  return incomplete.reason === 'content_filter' ? 'content_filter' : 'length'
}

function toToolCall({ call_id: id, name, arguments: args }: z.infer<typeof Call>) {
  return { id, type: 'function', function: { name, arguments: args } }
}

function usageOf({ usage }: Response) {
  return {
    prompt_tokens: usage?.input_tokens ?? 0,
    completion_tokens: usage?.output_tokens ?? 0,
    total_tokens: usage?.total_tokens ?? 0,
  }
}

function headOf({ runId, createdAt, model }: DoorRun, object: string) {
  const created = Math.floor(Date.parse(createdAt) / 1000)
  return { id: `chatcmpl-${hex(runId)}`, object, created, model }
}

function line(data: object): string {
  return `data: ${JSON.stringify(data)}`
}
