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
const Text_ = z.object({ delta: z.string(), item_id: z.string() })
const CallEvent = z.object({ type: z.literal('response.output_item.done'), item: Call })
const GivenUp = z.object({
  type: z.literal('response.output_item.done'),
  item: z.object({ id: z.string(), type: z.literal('message'), status: z.literal('incomplete') }),
})
const Ended = z.object({
  type: z.enum(['response.completed', 'response.incomplete', 'response.failed']),
  response: Response,
})

const Completed = z.object({ type: z.literal('response.completed'), response: Response })

/** True for a response that ended only because a person must approve calls: the completion goes on after it. */
export function waitsForApproval(given: Record<string, unknown>): boolean {
  const { status, output } = Response.parse(given)
  const types = new Set(output.map(({ type }) => type))
  return status === 'completed' && types.has('mcp_approval_request') && !types.has('function_call')
}

/**
 * The events of the responses that are one completion, in their order.
 *
 * @param follow reads the response with this number
 */
export async function* eventsOfCompletion(
  follow: (segment: number) => AsyncGenerator<NumberedEvent[], void, void>,
  first: number,
): AsyncGenerator<NumberedEvent[], void, void> {
  let goesOn = true
  for (let segment = first; goesOn; segment += 1) {
    goesOn = false
    for await (const said of follow(segment)) {
      yield said
      const ended = said.flatMap((event) => Completed.safeParse(event).data?.response ?? [])
      goesOn ||= ended.some(waitsForApproval)
    }
  }
}

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

/** The events of a response as chunks, in the groups in which they came. Chunks can only add text. */
export async function* chatChunks(
  run: DoorRun,
  events: AsyncGenerator<readonly NumberedEvent[], void, void>,
  withUsage: boolean,
): AsyncGenerator<string, void, void> {
  const chunks = new ChatChunks(run, withUsage)
  yield chunks.begin()
  for await (const said of events) {
    const lines = said.flatMap((event) => (chunks.isOver ? [] : chunks.translate(event)))
    if (lines.length > 0) yield lines.join('\n\n')
    if (chunks.isCut) return
  }
  yield 'data: [DONE]'
}

class ChatChunks {
  readonly #run: DoorRun
  readonly #withUsage: boolean
  /** The JSON before and after each text: only the text differs between the chunks of an answer. */
  readonly #before: string
  readonly #behind: string
  #calls = 0
  readonly #shown = new Set<string>()
  /** The text item that was streamed and may be discarded. */
  #givenUp: string | null = null
  /** True after an error, which ends the stream without `[DONE]`. */
  isCut = false
  isOver = false

  constructor(run: DoorRun, withUsage: boolean) {
    this.#run = run
    this.#withUsage = withUsage
    const [before = '', behind = ''] = this.#chunk({ content: PLACE }).split(`"content":"${PLACE}"`)
    this.#before = before
    this.#behind = behind
  }

  begin(): string {
    return this.#chunk({ role: 'assistant', content: '' })
  }

  translate(event: NumberedEvent): string[] {
    switch (event.type) {
      case 'response.output_text.delta':
      case 'response.refusal.delta': {
        const { delta, item_id: id } = Text_.parse(event)
        this.#shown.add(id)
        const name = event.type === 'response.refusal.delta' ? 'refusal' : 'content'
        return [`${this.#before}"${name}":${JSON.stringify(delta)}${this.#behind}`]
      }
      case 'response.output_item.added':
        return this.#givenUp === null ? [] : this.#restarted()
      case 'response.output_item.done':
        return this.#done(event)
      case 'response.completed':
      case 'response.incomplete':
      case 'response.failed':
        return this.#ended(Ended.parse(event).response)
      default:
        return []
    }
  }

  #done(event: NumberedEvent): string[] {
    this.#givenUp ??= GivenUp.safeParse(event).data?.item.id ?? null
    const call = CallEvent.safeParse(event).data?.item
    if (!call) return []
    const index = this.#calls
    this.#calls += 1
    return [this.#chunk({ tool_calls: [{ index, ...toToolCall(call) }] })]
  }

  #ended(response: Response): string[] {
    // A takeover may also discard complete items. The text of a stopped or failed answer stays.
    const kept = new Set(response.output.map(({ id }) => id))
    if ([...this.#shown].some((id) => !kept.has(id))) return this.#restarted()
    if (waitsForApproval(response)) {
      // The next response has other items.
      this.#shown.clear()
      return []
    }
    const failure = failureOf(response)
    if (failure) return this.#cut(failure)
    this.isOver = true
    const end = this.#chunk({}, finishOf(response, this.#calls > 0))
    if (!this.#withUsage) return [end]
    const head = headOf(this.#run, 'chat.completion.chunk')
    return [end, line({ ...head, choices: [], usage: usageOf(response) })]
  }

  /** Ends the stream with an error, because Chat Completions cannot withdraw streamed text. */
  #restarted(): string[] {
    return this.#cut(new DoorError(AGAIN(this.#run), { code: 'answer_restarted' }))
  }

  #cut(error: DoorError): string[] {
    this.isCut = true
    this.isOver = true
    return [line(toOpenAiError(error).body)]
  }

  #chunk(delta: object, finish_reason: string | null = null): string {
    return line({
      ...headOf(this.#run, 'chat.completion.chunk'),
      choices: [{ index: 0, delta, finish_reason, logprobs: null }],
      ...(this.#withUsage && { usage: null }),
    })
  }
}

/** A placeholder for the text: a character that does not occur in the JSON before it. */
const PLACE = '\u2028'

/** The last lines of a stream that failed. */
export function chatFailure(error: unknown): string[] {
  return [line(toOpenAiError(error).body), 'data: [DONE]']
}

function AGAIN({ runId }: DoorRun): string {
  const id = responseId({ runId, segment: 0 })
  return `The server that wrote this answer was lost, and another writes it anew. It is whole at /v1/responses/${id}.`
}

function failureOf({ status, error }: Response): DoorError | null {
  if (status !== 'failed') return null
  const code = error?.code ?? null
  const statuses: Record<string, number> = { rate_limit_exceeded: 429, invalid_prompt: 400 }
  const message = error?.message ?? 'The answer failed.'
  return new DoorError(message, { status: statuses[code ?? ''] ?? 503, code })
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
