import { isContextTooLong } from './provider-fault.ts'
import type { ProviderFault } from './provider-fault.ts'
import { toolNamedIn } from './refused-tools.ts'
import type { RefusedTool } from './refused-tools.ts'
import { refusedFormat } from './refused-formats.ts'
import type { SentFormat } from '../request/output-format.ts'

/**
 * A deviation of an OpenAI-compatible server from the API: a parameter that it refuses, or one that it requires in
 * addition. The request encoders follow the set of refusals; `refusal-memory.ts` keeps it for a while.
 */
export type Refusal =
  | 'temperature'
  | 'max-tokens'
  | 'max-completion-tokens'
  | 'max-output-tokens'
  | 'stream-options'
  | 'strict'
  | 'store'
  | 'encrypted-reasoning'
  | 'reasoning-summary'
  | 'reasoning-ids'
  | 'reasoning-replay'
  | 'long-call-ids'
  /** The model is offered no tools, and reads earlier calls as text. */
  | 'tools'
  /** Words stand in place of pictures, or of PDFs. */
  | 'pictures'
  | 'pdfs'
  /** What tools brought is told behind their results. */
  | 'files-in-results'
  /** What the answer is to be is told in words: in place of a schema, of `json_object`, or of the field as such. */
  | 'json-schema'
  | 'json-object'
  | 'output-format'
  | RefusedSchema
  /** Instructions stand in the first user message. */
  | 'system-role'
  /** Wanted: the thoughts of every earlier answer, not only of the one under way. */
  | 'thoughts-left-out'
  /** Wanted: a signature on every call, also on those that another model made. */
  | 'unsigned-calls'
  /** At most so many tools, or tokens of an answer. */
  | `more-tools-than-${number}`
  | `longer-answers-than-${number}`
  | RefusedTool

/** One schema that a provider does not take, by a digest of it. */
export type RefusedSchema = `schema ${string}`

/** The properties of a request on which the meaning of a refusal depends. */
export type Asked = {
  api: 'chat' | 'responses'
  refused: ReadonlySet<Refusal>
  /** The tools as they were sent, in their order. */
  tools: readonly { name: string; refusal: RefusedTool }[]
  /** Tokens that the answer was allowed. */
  maxTokens: number
  /** True when a result was sent with files in it. */
  withFilesInResults?: boolean
  /** What was said of the answer by a field. */
  format: SentFormat | null
}

type Reading = {
  api: 'chat' | 'responses' | 'both'
  /** Other statuses than 400 and 422 that say the same. */
  statuses?: readonly number[]
  refusal: (fault: ProviderFault, asked: Asked) => Refusal | null
}

/** Words that turn a parameter down. A message that merely mentions it has none of them beside it. */
const NO =
  '(?:unsupported|not (?:be |currently |yet |been )?(?:support|permit|allow|recogni[sz]ed|available|accepted|implemented|valid|enabled|compatible)|' +
  'does(?: not|n.t) (?:support|accept|allow|exist)|unknown|unrecogni[sz]ed|unexpected|extra|forbidden|invalid|incompatible|' +
  'only .{0,40}(?:allow|support|permit|accept)|(?:may|can|must) (?:only|not)\\b|must be|deprecated|cannot|no such)'

/** True when the fault rejects the parameter of this name: by its `param`, or in words beside the name. */
function turnsDown({ param, message }: ProviderFault, name: string): boolean {
  const path = new RegExp(`(?:^|\\.)${name}$`, 'i')
  if (path.test(param)) return true
  const word = `(?<![\\w-])(?:[\\w\\[\\]]+\\.)*${name}(?!\\w)`
  // Within one sentence: neither across a line nor across a full stop.
  const gap = '(?:[^.\\n]|\\.(?=\\w)){0,80}?'
  return new RegExp(`${word}${gap}${NO}|${NO}${gap}${word}`, 'i').test(message)
}

function parameter(api: Reading['api'], refusal: Refusal, ...names: string[]): Reading {
  return {
    api,
    refusal: (fault) => (names.some((name) => turnsDown(fault, name)) ? refusal : null),
  }
}

function words(api: Reading['api'], refusal: Refusal, says: RegExp, more: Partial<Reading> = {}) {
  return {
    api,
    refusal: ({ message }: ProviderFault) => (says.test(message) ? refusal : null),
    ...more,
  }
}

/** A thought that is wanted back must not be read as one that is not wanted. */
const WANTED_BACK =
  /reasoning_content\b[^.\n]{0,80}(?:must be (?:passed|sent|provided|included|returned|present)|(?:is|are) (?:missing|required|expected)|passed? back)|(?:missing|requires?|expected)[^.\n]{0,40}reasoning_content|without[^.\n]{0,30}reasoning_content/i
const UNSIGNED =
  /(?:missing|requires?|without)[^.\n]{0,40}thought_signature|thought_signature[^.\n]{0,40}(?:missing|required)/i

const NO_TOOLS =
  /\btools?(?: ?-?(?:use|calls?|calling|choice))?\b[^.\n]{0,60}(?:not support|unsupported|requires? --|not (?:be )?(?:enabled|available|allowed|permitted))|(?:not support|n.t support|unsupported|not implement)[^.\n]{0,40}\b(?:tools?|functions?)\b|function calling is not|no endpoints found that support tool use|--enable-auto-tool-choice|(?:unrecogni[sz]ed|unknown|unexpected|extra)[^\n]{0,60}["'` ]tools?\b["'`]?/i

const NO_PICTURES =
  /(?:image_url|input_image|\bimages?\b|\bvision\b|multi-?modal)[^.\n]{0,80}(?:not support|unsupported|n.t support|not (?:be )?(?:enabled|available|allowed|permitted)|only text)|(?:not support|n.t support|unsupported|no endpoints found that support|invalid content type|cannot (?:read|see|process))[^.\n]{0,60}(?:image_url|input_image|\bimages?\b|\bvision\b|multi-?modal)|unknown variant `image_url`|is not a multimodal model/i
const NO_PDFS =
  /(?:input_file|file_data|\bpdfs?\b)[^.\n]{0,80}(?:not support|unsupported|n.t support|not (?:be )?(?:allowed|permitted))|(?:not support|n.t support|unsupported|unknown|invalid)[^.\n]{0,60}(?:input_file|file_data|\bpdfs?\b)/i

const TEXT_RESULTS =
  /(?:function_call_output|input\[\d+\]\.output|\boutput\b)[^\n]{0,120}(?:string|str\b|text only)|(?:string|str) type expected[^\n]{0,80}output/i

const READINGS: Reading[] = [
  {
    api: 'responses',
    refusal: ({ message, param }, { withFilesInResults }) =>
      withFilesInResults === true &&
      (/^input\b.*\boutput\b/.test(param) || TEXT_RESULTS.test(message))
        ? 'files-in-results'
        : null,
  },
  // llama.cpp says it of a schema with 500, routers with 404.
  { api: 'both', statuses: [404, 500, 501], refusal: refusedFormat },
  words('responses', 'pdfs', NO_PDFS),
  words('both', 'pictures', NO_PICTURES, { statuses: [404, 415, 500, 501] }),
  // Before the tools: it is said of a tool, and concerns all of them.
  parameter('responses', 'strict', 'strict'),
  { api: 'both', refusal: (fault, { tools }) => toolNamedIn(fault, tools) },
  { api: 'both', refusal: tooManyTools },
  {
    api: 'both',
    // llama.cpp says it with 500, routers with 404: nothing that offers these tools can be asked.
    statuses: [404, 500, 501],
    refusal: ({ message, param }, { tools, refused }) =>
      tools.length > 0 && !refused.has('tools') && (NO_TOOLS.test(message) || param === 'tools')
        ? 'tools'
        : null,
  },
  { api: 'both', refusal: longAnswer },
  parameter('both', 'temperature', 'temperature'),
  // The message about one of the two names the other as the cure: what stands first counts.
  {
    api: 'chat',
    refusal: (fault) => {
      const name = /\bmax_(?:completion_)?tokens\b/i.exec(fault.param || fault.message)?.[0]
      if (!name || !turnsDown(fault, name)) return null
      return name.toLowerCase() === 'max_tokens' ? 'max-tokens' : 'max-completion-tokens'
    },
  },
  parameter('responses', 'max-output-tokens', 'max_output_tokens'),
  parameter('responses', 'store', 'store'),
  parameter('chat', 'stream-options', 'stream_options', 'include_usage'),
  parameter(
    'responses',
    'encrypted-reasoning',
    'include(?:\\[\\d+\\])?',
    'reasoning\\.encrypted_content',
  ),
  words('responses', 'encrypted-reasoning', /\bencrypted content is not supported/i),
  parameter('responses', 'reasoning-summary', 'reasoning\\.summary', 'reasoning', 'summary'),
  words(
    'responses',
    'reasoning-summary',
    /(?:verified|allowed)[^.\n]{0,60}reasoning summar|reasoning summar[^.\n]{0,40}not/i,
  ),
  {
    api: 'responses',
    refusal: ({ message, param }) =>
      /\brs_\w+|item with id|'reasoning' was provided/i.test(message) ||
      /^input\[\d+\]\.id$/.test(param)
        ? 'reasoning-ids'
        : null,
  },
  {
    api: 'responses',
    refusal: ({ message }, { refused }) =>
      refused.has('reasoning-ids') &&
      /\brs_\w+|item with id|encrypted[ _]content|['"`]reasoning['"`]|reasoning items?\b/i.test(
        message,
      )
        ? 'reasoning-replay'
        : null,
  },
  words(
    'responses',
    'reasoning-replay',
    /encrypted[ _]content\b[^.\n]{0,80}could not be (?:verified|decrypted)/i,
  ),
  words('chat', 'thoughts-left-out', WANTED_BACK),
  words('chat', 'unsigned-calls', UNSIGNED),
  {
    api: 'chat',
    refusal: (fault) =>
      !WANTED_BACK.test(fault.message) &&
      !UNSIGNED.test(fault.message) &&
      [
        'reasoning_content',
        'reasoning_details',
        'reasoning',
        'extra_content',
        'thought_signature',
      ].some((name) => turnsDown(fault, name))
        ? 'reasoning-replay'
        : null,
  },
  words('chat', 'long-call-ids', /tool call id .*length of 9/i),
  {
    api: 'both',
    statuses: [500],
    refusal: ({ message, param }, { refused }) => {
      const system =
        /(?:system|developer) (?:role|message|instruction)s?\b[^.\n]{0,40}(?:not|unsupported)|only user(?:,| and)[^.\n]{0,30}assistant|does not support '(?:system|developer)'/i
      // The templates that insist on alternating roles count the instructions, or the results of tools, as one of them.
      const alternate = /roles? must alternate|alternat(?:e|ing)[^.\n]{0,40}(?:user|role)/i
      if (system.test(message) || param === 'instructions') return 'system-role'
      if (!alternate.test(message)) return null
      return refused.has('system-role') ? 'tools' : 'system-role'
    },
  },
]

/**
 * The change of the request that the fault asks for; null when it asks for none that was not tried already.
 *
 * @param tried changes that did not help: the fault stayed the same
 */
export function refusedBy(
  fault: ProviderFault,
  asked: Asked,
  tried: ReadonlySet<Refusal> = new Set(),
): Refusal | null {
  if (isContextTooLong(fault)) return null
  const { status } = fault
  const left = new Set([...asked.refused, ...tried])
  for (const { api, statuses = [], refusal } of READINGS) {
    if (api !== 'both' && api !== asked.api) continue
    if (status !== 400 && status !== 422 && (status === null || !statuses.includes(status))) {
      continue
    }
    const found = refusal(fault, { ...asked, refused: left })
    if (found && !left.has(found)) return found
  }
  return null
}

function tooManyTools({ message, param }: ProviderFault, { tools }: Asked): Refusal | null {
  const about = param === 'tools' || /\btools?\b|\bfunctions?\b/i.test(message)
  if (
    !about ||
    !/too (?:long|many)|at most|maximum|max(?:imum)?[^.\n]{0,20}\d|exceed|more than/i.test(message)
  ) {
    return null
  }
  const most = numbersIn(message).find((number) => number > 0 && number < tools.length)
  return most === undefined ? null : `more-tools-than-${most}`
}

function longAnswer({ message, param }: ProviderFault, { maxTokens }: Asked): Refusal | null {
  const names = /max_(?:completion_|output_|new_)?tokens/i
  if (!names.test(param) && !names.test(message)) return null
  if (
    !/too (?:large|high|big|long)|at most|less than|<=|≤|maximum|range|exceed|between|up to/i.test(
      message,
    )
  ) {
    return null
  }
  const most = Math.max(
    ...numbersIn(message).filter((number) => number >= MIN_ANSWER && number < maxTokens),
  )
  return Number.isFinite(most) ? `longer-answers-than-${most}` : null
}

/** A smaller limit than this is none of an answer's length. */
const MIN_ANSWER = 64

function numbersIn(text: string): number[] {
  return [...text.matchAll(/(?<![\w.])\d[\d,]*(?![\w])/g)].map(([digits]) =>
    Number(digits.replaceAll(',', '')),
  )
}

/** The smallest of the limits of one kind; null when there is none. */
export function leastOf(
  refused: ReadonlySet<Refusal>,
  kind: 'more-tools-than' | 'longer-answers-than',
): number | null {
  const limits = [...refused].flatMap((refusal) =>
    refusal.startsWith(`${kind}-`) ? [Number(refusal.slice(kind.length + 1))] : [],
  )
  return limits.length > 0 ? Math.min(...limits) : null
}
