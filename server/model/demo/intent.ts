import { earlierQuestions, question } from './conversation.ts'
import type { Conversation, DemoCall } from './conversation.ts'
import { asksForMetrics } from './metric-words.ts'
import { asksForProfile, namesTool, wantedCalls } from './wanted-calls.ts'

/** The intent of the newest user message, as the demo model recognises it. */
export type Intent =
  | { type: 'tools'; calls: DemoCall[] }
  | { type: 'missing-tool'; about: 'system' | 'profile' }
  | { type: 'summarise'; text: string }
  | { type: 'title'; text: string }
  | { type: 'long'; topic: string; words: number }
  | { type: 'repeat'; text: string; times: number }
  | { type: 'remember-name'; name: string }
  | { type: 'recall-name' }
  | { type: 'recall-question' }
  | { type: 'connect' }
  | { type: 'abilities' }
  | { type: 'greeting' }
  | { type: 'thanks' }
  | { type: 'sum'; expression: string }
  | { type: 'count'; to: number }
  | { type: 'diversion'; kind: 'joke' | 'poem' }
  | { type: 'markdown'; wants: MarkdownKind[]; language: string | null; topic: string }
  | { type: 'files'; text: string }
  | { type: 'talk'; text: string }

export type MarkdownKind = 'list' | 'code' | 'table' | 'math' | 'diagram' | 'quote'

/** Recognises the intent. The most certain signs are checked first. */
export function recognise(conversation: Conversation): Intent {
  const whole = question(conversation)
    .trim()
    .replaceAll(/\s{200,}/g, (run) => run.slice(0, 200))
  const text = whole.slice(0, LOOKED_AT)
  const task = backgroundTask(conversation, text)
  if (task) return task
  if (/^\[File "/m.test(whole)) return { type: 'files', text: whole }
  if (!namesTool(conversation.tools, text)) {
    const first =
      repetition(whole) ??
      longAnswer(text) ??
      memory(text, conversation) ??
      (asksForProfile(text) ? null : codeRequest(text))
    if (first) return first
  }
  const calls = wantedCalls(conversation.tools, text)
  if (calls.length > 0) return { type: 'tools', calls }
  return smallTalk(text) ?? markdown(text) ?? missingTool(text) ?? { type: 'talk', text: whole }
}

/** Signs are searched in the beginning of a text only, because their patterns backtrack. UTF-16 units. */
const LOOKED_AT = 4_000

function repetition(text: string): Intent | null {
  const asked =
    /^\s*(?:please\s+)?(?:repeat|echo|say)(?:\s+(?:after me|this|back|exactly|the following))*\s*(?:(\d{1,3})\s+times)?\s*[:,]?\s+([^]+)$/i.exec(
      text,
    )
  const said = asked?.[2] ?? ''
  if (!said || /^(something|anything|hello to|that again)/i.test(said)) return null
  const [, head = said, after] = /^([^]*?)\s+(\d{1,3}) times[.!]?$/i.exec(said) ?? []
  return {
    type: 'repeat',
    text: bare(head),
    times: Math.min(200, Number(asked?.[1] ?? after ?? 1)),
  }
}

/** Code about memory is code, not a question about this machine's memory. */
function codeRequest(text: string): Intent | null {
  const found = /\b(write|show|give|create|make)\b/i.test(text) ? markdown(text) : null
  return found?.type === 'markdown' && found.wants.includes('code') ? found : null
}

/**
 * The server itself asks for titles and summaries. Such a request has no tools, and its instructions name the purpose.
 */
function backgroundTask({ instructions, tools }: Conversation, text: string): Intent | null {
  if (tools.length > 0) return null
  const asked = `${instructions.slice(0, 600)}\n${/\bconversation\b/i.test(text.slice(0, 300)) ? text.slice(0, 300) : ''}`
  if (
    /\b(write|give|generate|create|make|answer|reply|respond|name)\b[^.\n]{0,60}\btitles?\b/i.test(
      asked,
    )
  ) {
    return { type: 'title', text }
  }
  const summary =
    /\bsummari[sz]e (the|this|a)\b|\b(write|give|make|create|produce)\b[^.\n]{0,40}\bsummar(y|ies)\b/i
  return summary.test(asked) ? { type: 'summarise', text } : null
}

function missingTool(text: string): Intent | null {
  if (asksForMetrics(text)) return { type: 'missing-tool', about: 'system' }
  return asksForProfile(text) ? { type: 'missing-tool', about: 'profile' } : null
}

function longAnswer(text: string): Intent | null {
  const amount =
    /\b(\d[\d,.]*)\s*(k|thousand)?[\s-]*(words?|tokens?|paragraphs?|pages?|sentences?)\b/i.exec(
      text,
    )
  const long =
    /\b(long|lengthy|detailed|endless|huge)\b[^.?!]{0,30}\b(answer|text|story|essay|article|explanation|reply|response|message)\b/i.test(
      text,
    )
  const writing = /\b(write|tell|give|generate|produce|compose|explain|need|want)\b/i.test(text)
  if (!writing || (!amount && !long && !/\b(essay|story|article)\b/i.test(text))) return null
  const units: Record<string, number> = {
    word: 1,
    token: 0.8,
    sentence: 14,
    paragraph: 75,
    page: 400,
  }
  const unit = (amount?.[3] ?? 'word').toLowerCase().replace(/s$/, '')
  const number =
    Number((amount?.[1] ?? '').replaceAll(/[,.](?=\d{3})/g, '')) * (amount?.[2] ? 1000 : 1)
  const words = number > 0 ? number * (units[unit] ?? 1) : long ? 800 : 350
  const topic =
    /\b(?:about|on|of)\s+([^.?!\n]+)/i.exec(amount ? withoutAmount(text, amount) : text)?.[1] ?? ''
  return {
    type: 'long',
    topic: bare(topic),
    words: Math.min(100_000, Math.max(1, Math.round(words))),
  }
}

function memory(text: string, conversation: Conversation): Intent | null {
  if (
    /\b(what('s| is)|do you (know|remember)|tell me|remember)\b[^.?!]{0,20}\bmy name\b/i.test(text)
  ) {
    return { type: 'recall-name' }
  }
  const name = nameIn(text)
  if (name) return { type: 'remember-name', name }
  const earlier =
    /\bwhat (did|have|was|were) (i|my|we)\b[^.?!]*\b(ask|asked|say|said|question|write|wrote|talk|talked|about|before|first|last)\b|\bmy (first|last|previous|earlier) (question|message)\b/i
  return earlier.test(text) && (earlierQuestions(conversation).length > 0 || /\?/.test(text))
    ? { type: 'recall-question' }
    : null
}

/** The name that people give in a text, if there is one. */
export function nameIn(text: string): string | null {
  const found =
    /\b(?:my name(?:'s| is)|call me|i am called)\s+([\p{L}][\p{L}'’-]*(?:\s+\p{Lu}[\p{L}'’-]*){0,2})/iu.exec(
      text,
    )
  return found?.[1]?.replace(/\s+(?:and|but|or|so|what|who)\b.*$/i, '') ?? null
}

function smallTalk(text: string): Intent | null {
  if (
    /\b(connect|configure|set ?up|use|switch to|add)\b[^.?!]{0,40}\b(real|actual|other|another|own|better|openai|ollama|gpt)\b[^.?!]{0,20}\b(model|key|one)?\b|\bapi key\b|OPENAI_|\b(are you|is this) (a |the )?(demo|real|an? (ai|llm|model|gpt))|\b(which|what) model are you\b|\bdemo model\b|\bwho are you\b/i.test(
      text,
    )
  ) {
    return { type: 'connect' }
  }
  if (
    /\bwhat (can|do) you do\b|\bhelp\b\s*[?!.]*$|\byour (abilities|capabilities|tools|features)\b|\bwhich tools\b|\bwhat tools\b|\bhow can you help\b/i.test(
      text,
    )
  ) {
    return { type: 'abilities' }
  }
  if (
    /^\s*(hi|hello|hey|good (morning|afternoon|evening)|howdy|greetings|servus|hallo|bonjour|hola)\b[\s\p{P}\p{S}]*(there|everyone|demo|again|how are you)?[\s\p{P}\p{S}]*$/iu.test(
      text,
    )
  ) {
    return { type: 'greeting' }
  }
  if (
    /^\s*(thanks|thank you|thx|cheers|great|perfect|nice|cool|ok|okay)\b[^?]{0,40}$/i.test(text)
  ) {
    return { type: 'thanks' }
  }
  const sum =
    /(?:^|\bis\b|\bcalculate\b|\bcompute\b|\bwhat's\b)\s*(-?\d+(?:\.\d+)?(?:\s*[-+*/x×÷]\s*-?\d+(?:\.\d+)?)+)\s*[=?.]*\s*$/i.exec(
      text,
    )
  if (sum?.[1]) return { type: 'sum', expression: sum[1] }
  const count = /\bcount\b[^.?!\d]*(?:from 1 )?\bto (\d{1,4})\b/i.exec(text)?.[1]
  if (count) return { type: 'count', to: Math.min(1000, Number(count)) }
  const diversion =
    /\b(?:tell|write|make|know|give|another|compose)\b[^.?!]*\b(?:(joke)|poem|haiku|verse)\b/i.exec(
      text,
    )
  return diversion ? { type: 'diversion', kind: diversion[1] ? 'joke' : 'poem' } : null
}

const LANGUAGES =
  /\b(typescript|javascript|python|rust|go|java|sql|bash|shell|html|css|json|c\+\+|ruby)\b/i

function markdown(text: string): Intent | null {
  const language = LANGUAGES.exec(text)?.[1]?.toLowerCase() ?? null
  const all =
    /\bmarkdown\b/i.test(text) && !/\b(list|table|code|math|formula|diagram)\b/i.test(text)
  const signs: [MarkdownKind, RegExp][] = [
    ['list', /\b(bullets?|bulleted|numbered|list|steps|checklist)\b/i],
    ['table', /\btables?\b/i],
    ['code', /\bcode\b|\bfunction\b|\bscript\b|\bsnippet\b|\bprogram\b/i],
    ['math', /\bmath\b|\bformulas?\b|\bequations?\b|\blatex\b|\bkatex\b|\bintegral\b/i],
    ['diagram', /\bdiagram\b|\bmermaid\b|\bflow ?chart\b/i],
    ['quote', /\bblock ?quote\b|\bquote\b/i],
  ]
  const wants = signs.flatMap(([kind, sign]) => (all || sign.test(text) ? [kind] : []))
  if (language && !wants.includes('code')) wants.push('code')
  if (wants.length === 0) return null
  const topic = /\b(?:of|about|for|on|with)\s+([^.?!\n]{2,60})/i.exec(text)?.[1] ?? ''
  return { type: 'markdown', wants, language, topic: bare(topic) }
}

/** Without "of 500 words", behind which the topic comes. */
function withoutAmount(text: string, { 0: amount, index }: RegExpExecArray): string {
  const before = text.slice(0, index).replace(/\bof\s+$/i, '')
  return `${before} ${text.slice(index + amount.length)}`
}

/** Removes quotes and full stops around a text. */
function bare(text: string): string {
  return text
    .trim()
    .replace(/^["'`“]([^]*)["'`”]$/, '$1')
    .replace(/[.?!]+$/, (end) => (text.includes(' ') ? '' : end))
    .trim()
}
