import { z } from 'zod'
import { ModelParameters } from '../../../shared/contract/run-options.ts'
import { DoorError } from './errors.ts'

/** Parameters of the model; both APIs have the first ones under the same names. */
export const givenParameters = {
  top_p: z.number().min(0).max(1).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  tool_choice: z.unknown().optional(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
  seed: z.number().int().nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  reasoning_effort: z.string().nullish(),
  verbosity: z.enum(['low', 'medium', 'high']).nullish(),
  reasoning: z.looseObject({ effort: z.string().nullish() }).nullish(),
}

const Given = z.looseObject({
  ...givenParameters,
  text: z.looseObject({ verbosity: z.enum(['low', 'medium', 'high']).nullish() }).nullish(),
})

/**
 * The additional parameters of the request to the provider; undefined when there are none.
 *
 * @param tools names of the tools in the request
 */
export function readParameters(
  body: Record<string, unknown>,
  tools: readonly string[],
): ModelParameters | undefined {
  const given = Given.parse(body)
  const { stop } = given
  const read = ModelParameters.safeParse({
    topP: given.top_p ?? undefined,
    stop: typeof stop === 'string' ? [stop] : stop?.length ? stop : undefined,
    seed: given.seed ?? undefined,
    frequencyPenalty: given.frequency_penalty ?? undefined,
    presencePenalty: given.presence_penalty ?? undefined,
    reasoningEffort: given.reasoning?.effort ?? given.reasoning_effort ?? undefined,
    verbosity: given.text?.verbosity ?? given.verbosity ?? undefined,
    // Parallel calls are every model's default.
    parallelToolCalls: given.parallel_tool_calls === false ? false : undefined,
    toolChoice: readChoice(given.tool_choice, tools),
  })
  if (!read.success) throw new DoorError(z.prettifyError(read.error))
  const parameters = Object.entries(read.data).filter(([, value]) => value !== undefined)
  return parameters.length > 0 ? Object.fromEntries(parameters) : undefined
}

const Named = z.looseObject({
  type: z.literal('function'),
  name: z.string().optional(),
  function: z.looseObject({ name: z.string() }).optional(),
})

function readChoice(
  choice: unknown,
  tools: readonly string[],
): ModelParameters['toolChoice'] | undefined {
  const param = 'tool_choice'
  if (choice === undefined || choice === null || choice === 'auto') return undefined
  if (choice === 'none' || choice === 'required') return choice
  const named = Named.safeParse(choice).data
  const name = named?.name ?? named?.function?.name
  if (name === undefined) {
    const message = 'Only "auto", "none", "required" and one function are supported.'
    throw new DoorError(message, { param, code: 'unsupported_parameter' })
  }
  if (!tools.includes(name)) {
    throw new DoorError(`The function "${name.slice(0, 100)}" is not among the tools.`, { param })
  }
  return { name }
}

type Field = [name: string, isAsked: (value: unknown) => boolean, instead?: string]

const isGiven = (value: unknown) => value !== undefined && value !== null
const isSome = (value: unknown) => Array.isArray(value) && value.length > 0
const isAnything = (value: unknown) =>
  typeof value === 'object' && value !== null && Object.keys(value).length > 0
const isPositive = (value: unknown) => typeof value === 'number' && value > 0

/** Parameters that would change the answer and are not supported, for Responses and Chat Completions. */
const UNSUPPORTED: Record<'responses' | 'chat', Field[]> = {
  responses: [
    ['prompt', isGiven, 'Send the instructions themselves.'],
    ['max_tool_calls', isGiven],
    ['top_logprobs', isPositive],
    ['moderation', isGiven],
    ['context_management', isSome],
    ['include', (value) => Array.isArray(value) && value.includes(LOGPROBS)],
    // Fields of Chat Completions: in a request of Responses they would be ignored without an error.
    ['messages', isGiven, 'Say it as "input".'],
    ['response_format', isGiven, 'Say it as "text.format".'],
    ['max_tokens', isGiven, 'Say it as "max_output_tokens".'],
    ['max_completion_tokens', isGiven, 'Say it as "max_output_tokens".'],
  ],
  chat: [
    ['logprobs', (value) => value === true],
    ['top_logprobs', isPositive],
    ['logit_bias', isAnything],
    ['audio', isGiven],
    ['modalities', (value) => Array.isArray(value) && value.some((one) => one !== 'text')],
    ['web_search_options', isGiven],
    ['moderation', isGiven],
    ['functions', isSome, 'Say them as "tools".'],
    ['function_call', isGiven, 'Say it as "tool_choice".'],
    ['input', isGiven, 'Say it as "messages".'],
    ['max_output_tokens', isGiven, 'Say it as "max_completion_tokens".'],
  ],
}
const LOGPROBS = 'message.output_text.logprobs'

/** @throws for fields that would change the answer and are not supported here */
export function refuseUnsupported(body: Record<string, unknown>, api: 'responses' | 'chat'): void {
  for (const [name, isAsked, instead] of UNSUPPORTED[api]) {
    if (!isAsked(body[name])) continue
    const message = `Unsupported parameter: '${name}' is not supported here.`
    throw new DoorError(instead ? `${message} ${instead}` : message, {
      ...{ param: name, code: 'unsupported_parameter' },
    })
  }
}
