import type { ProviderFault } from './provider-fault.ts'
import { refusedFormat } from './refused-formats.ts'
import { toolNamedIn } from './refused-tools.ts'
import type { Asked, Refusal } from './refusals.ts'

/** A pattern for one way in which providers refuse something. */
type Reading = {
  api: 'chat' | 'responses' | 'both'
  /** Statuses besides 400 and 422 that such a refusal may have. */
  statuses?: readonly number[]
  refusal: (fault: ProviderFault, asked: Asked) => Refusal | null
}

/** Words of a refusal. A message that only mentions a parameter has none of them near its name. */
const NO =
  '(?:unsupported|not (?:be |currently |yet |been )?(?:support|permit|allow|recogni[sz]ed|available|accepted|implemented|valid|enabled|compatible)|' +
  'does(?: not|n.t) (?:support|accept|allow|exist)|unknown|unrecogni[sz]ed|unexpected|extra|forbidden|invalid|incompatible|' +
  'only .{0,40}(?:allow|support|permit|accept)|(?:may|can|must) (?:only|not)\\b|must be|deprecated|cannot|no such)'

/** True when the fault refuses the parameter of this name: in `param`, or in words near the name. */
function turnsDown({ param, message }: ProviderFault, name: string): boolean {
  const path = new RegExp(`(?:^|\\.)${name}$`, 'i')
  if (path.test(param)) return true
  const word = `(?<![\\w-])(?:[\\w\\[\\]]+\\.)*${name}(?!\\w)`
  // The words have to be in one sentence: neither a line break nor a full stop in between.
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

/** Words that ask for reasoning to be sent back, which must not be read as a refusal of it. */
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

/** The readings are tried in this order. */
export const READINGS: readonly Reading[] = [
  {
    api: 'responses',
    refusal: ({ message, param }, { withFilesInResults }) =>
      withFilesInResults === true &&
      (/^input\b.*\boutput\b/.test(param) || TEXT_RESULTS.test(message))
        ? 'files-in-results'
        : null,
  },
  // llama.cpp refuses a schema with 500, routers with 404.
  { api: 'both', statuses: [404, 500, 501], refusal: refusedFormat },
  words('responses', 'pdfs', NO_PDFS),
  words('both', 'pictures', NO_PICTURES, { statuses: [404, 415, 500, 501] }),
  // This comes before the readings about tools: the message names one tool, but concerns all of them.
  parameter('responses', 'strict', 'strict'),
  { api: 'both', refusal: (fault, { tools }) => toolNamedIn(fault, tools) },
  { api: 'both', refusal: tooManyTools },
  {
    api: 'both',
    // llama.cpp refuses tools with 500, routers with 404 when no provider supports them.
    statuses: [404, 500, 501],
    refusal: ({ message, param }, { tools, refused }) =>
      tools.length > 0 && !refused.has('tools') && (NO_TOOLS.test(message) || param === 'tools')
        ? 'tools'
        : null,
  },
  { api: 'both', refusal: longAnswer },
  parameter('both', 'temperature', 'temperature'),
  // The message about one of these parameters recommends the other one, so the first that it names is the refused one.
  {
    api: 'chat',
    refusal: (fault) => {
      const name = /\bmax_(?:completion_)?tokens\b/i.exec(fault.param || fault.message)?.[0]
      if (!name || !turnsDown(fault, name)) return null
      return name.toLowerCase() === 'max_tokens' ? 'max-tokens' : 'max-completion-tokens'
    },
  },
  parameter('responses', 'max-output-tokens', 'max_output_tokens'),
  parameter('responses', 'background', 'background'),
  parameter('responses', 'store', 'store'),
  parameter('chat', 'continue-fields', 'continue_final_message', 'add_generation_prompt'),
  words(
    'chat',
    'unmarked-prefix',
    /assistant with prefix|prefix["'`]?(?: ?[:=]? ?)(?:set )?(?:to )?true/i,
  ),
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
      // Templates that require alternating roles count the system prompt, or the results of tools, as one of them.
      const alternate = /roles? must alternate|alternat(?:e|ing)[^.\n]{0,40}(?:user|role)/i
      if (system.test(message) || param === 'instructions') return 'system-role'
      if (!alternate.test(message)) return null
      return refused.has('system-role') ? 'tools' : 'system-role'
    },
  },
]

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

/** A smaller number in the message is not a limit of tokens. */
const MIN_ANSWER = 64

function numbersIn(text: string): number[] {
  return [...text.matchAll(/(?<![\w.])\d[\d,]*(?![\w])/g)].map(([digits]) =>
    Number(digits.replaceAll(',', '')),
  )
}
