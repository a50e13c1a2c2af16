import { GO_ON } from '../go-on.ts'
import { READS_ON } from '../request/conversation-to-send.ts'
import { calculate } from './calculate.ts'
import { currentResults, earlierQuestions, isFirstAnswer, question } from './conversation.ts'
import type { Conversation, Reply } from './conversation.ts'
import { nameIn, recognise } from './intent.ts'
import type { Intent } from './intent.ts'
import { jsonAnswer } from './json-answer.ts'
import { longText } from './long-text.ts'
import { markdownSamples } from './markdown-samples.ts'
import { reportResults } from './tool-report.ts'

/** The demo model's reply to a conversation. It is a pure function: the same conversation has the same reply. */
export function replyTo(conversation: Conversation): Reply {
  const reply = spokenReply(conversation)
  const { output } = conversation
  if (!output || reply.calls.length > 0) return reply
  return said(jsonAnswer(output.schema, question(conversation)))
}

function spokenReply(conversation: Conversation): Reply {
  const { turns } = conversation
  const [before, last] = turns.slice(-2)
  if (last?.role === 'user' && last.text === GO_ON && before?.role === 'assistant') {
    const whole = spokenReply({ ...conversation, turns: turns.slice(0, -2) })
    const isBeginning = whole.text.startsWith(before.text)
    return { ...whole, text: isBeginning ? whole.text.slice(before.text.length) : whole.text }
  }
  if (last?.role === 'user' && before?.role === 'assistant' && before.text === READS_ON) {
    // The person sent a message while the tools ran.
    const found = reportResults(currentResults({ ...conversation, turns: turns.slice(0, -2) }))
    const asked = spokenReply({ ...conversation, turns: [last] })
    return { ...asked, text: [found, asked.text].filter((text) => text !== '').join('\n\n') }
  }
  const results = currentResults(conversation)
  // When results are there, the reply is about them; the tools are not called again.
  if (results.length > 0) return said(withNotice(reportResults(results), conversation, ''))
  const intent = recognise(conversation)
  if (intent.type === 'tools') return { text: '', calls: intent.calls }
  return said(withNotice(answer(intent, conversation), conversation, intent.type))
}

function said(text: string): Reply {
  return { text, calls: [] }
}

const HOW_TO_CONNECT =
  'To connect a real model, put `OPENAI_API_KEY` into the `.env` file (or `OPENAI_BASE_URL` for a compatible server such as Ollama or vLLM) and start again.'

/** Intents whose reply goes without the notice, because other programs read it or its wording was asked for. */
const WITHOUT_NOTICE = ['repeat', 'title', 'summarise', 'connect', 'greeting', 'abilities']

/** The first answer of a conversation says that the demo model wrote it. */
function withNotice(text: string, conversation: Conversation, intent: string): string {
  if (!isFirstAnswer(conversation) || WITHOUT_NOTICE.includes(intent)) return text
  return `${text}\n\n*I am the built-in demo model. ${HOW_TO_CONNECT}*`
}

function answer(intent: Exclude<Intent, { type: 'tools' }>, conversation: Conversation): string {
  switch (intent.type) {
    case 'greeting':
      return isFirstAnswer(conversation)
        ? `Hello! I am the built-in demo model: no key, no network, but real streaming and real tools. Ask me how the system is doing, have me show your user profile, or let me write something long.\n\n${HOW_TO_CONNECT}`
        : `Hello again${knownName(conversation, ', ')}! What shall we look at next?`
    case 'thanks':
      return `You are welcome${knownName(conversation, ', ')}.`
    case 'abilities':
      return abilities(conversation)
    case 'connect':
      return `I am the demo model that comes with Throughline: I follow a few simple rules and run inside the server, so that everything works without a key. ${HOW_TO_CONNECT}`
    case 'remember-name':
      return `Nice to meet you, ${intent.name}. I will remember your name for this conversation.`
    case 'recall-name': {
      const name = nameOf(conversation)
      return name
        ? `Your name is **${name}**.`
        : 'You have not told me your name yet. Say “my name is …” and I will remember it.'
    }
    case 'recall-question':
      return recallQuestions(conversation)
    case 'repeat':
      return Array.from({ length: intent.times }, () => intent.text).join('\n\n')
    case 'long':
      return longText(intent.topic, intent.words)
    case 'markdown':
      return markdownSamples(intent.wants, intent.language, intent.topic)
    case 'sum': {
      const result = calculate(intent.expression)
      return result === null
        ? `I could not calculate ${intent.expression}.`
        : `${intent.expression.trim()} = **${result}**`
    }
    case 'count':
      return Array.from({ length: intent.to }, (_, number) => number + 1).join(', ')
    case 'diversion':
      return diversion(intent.kind, conversation)
    case 'title':
      return title(conversation, intent.text)
    case 'summarise':
      return summary(conversation)
    case 'missing-tool':
      return `I would need ${intent.about === 'system' ? 'the tool `get_system_metrics`' : 'the tool `fetch_user_profile`'} for that, and it is not offered to me here. I will not make figures up.`
    case 'files':
      return filesGiven(intent.text)
    case 'talk':
      return talk(intent.text, conversation)
  }
}

/** The files of the question as the prompt describes them: the size of pictures, the beginning of texts. */
function filesGiven(text: string): string {
  const given = text.split(/^(?=\[File ")/m).filter((piece) => piece.startsWith('[File "'))
  const told = given.map((piece) => {
    const [, name = '"a file"', about = '', rest = ''] =
      /^\[File ("(?:[^"\\]|\\.)*") \(([^)]*)\), id [\w-]+([^]*)$/.exec(piece) ?? []
    const said = /^\.[^\n]*Its text:\]\n([^]*?)(?:\n\[End of |$)/.exec(rest)?.[1]
    const lines = said?.split('\n').slice(0, 3).join('\n').slice(0, 300)
    const head = `- **${name.slice(1, -1)}** (${about})`
    if (lines !== undefined) {
      return `${head}, which begins:\n\n  > ${lines.replaceAll('\n', '\n  > ')}`
    }
    return rest.startsWith(': the picture')
      ? `${head}, which I cannot see`
      : `${head}, whose content I was not given`
  })
  return `You gave me ${given.length === 1 ? 'a file' : `${given.length} files`}:\n\n${told.join('\n')}\n\nI follow a few simple rules: I do not see pictures, and I do not understand what I read.`
}

function abilities({ tools }: Conversation): string {
  const offered = tools.map(
    ({ name, description }) =>
      `- \`${name}\`${description ? `: ${firstSentence(description)}` : ''}`,
  )
  const list =
    offered.length > 0
      ? `I can call these tools, also several at once:\n\n${offered.join('\n')}\n\nName one to have it used: “use NAME with {…}”.`
      : 'No tools are offered to me here.'
  return `I am the demo model. ${list}\n\nI can also write Markdown (lists, tables, code, math), long answers (“write 2000 words about trees”), repeat things, calculate, and remember what was said.\n\n${HOW_TO_CONNECT}`
}

function recallQuestions(conversation: Conversation): string {
  const questions = earlierQuestions(conversation).map((text) => firstLine(text))
  const last = questions.at(-1)
  if (!last) return 'Nothing yet: this is the first thing you have said in this conversation.'
  if (questions.length === 1) return `You said: “${last}”`
  return `The last thing you said was: “${last}”\n\nBefore that:\n\n${questions
    .slice(0, -1)
    .slice(-10)
    .map((text) => `- ${text}`)
    .join('\n')}`
}

function talk(text: string, conversation: Conversation): string {
  const about = firstLine(text)
  const name = knownName(conversation, ', ')
  const openings = [
    `You wrote: “${about}”. I have no knowledge of the world to answer that from, only a few simple rules`,
    `“${about}”: a real model would have something to say about that${name}. I only follow simple rules`,
    `I read “${about}”${name}, but I cannot think, so I will not pretend to`,
  ]
  const offer =
    conversation.tools.length > 0
      ? 'What I can do well is work with the tools here, with Markdown, and with long texts.'
      : 'What I can do well is write Markdown and long texts, and remember what was said.'
  return `${pick(openings, conversation)}. ${offer} Ask “what can you do?” for the whole list.`
}

function diversion(kind: 'joke' | 'poem', conversation: Conversation): string {
  const jokes = [
    'Why did the stream never get lost? It always knew its cursor.',
    'There are two hard things in computing: naming, caching, and counting.',
    'A packet walks into a bar. Nobody acknowledges it, so it walks in again.',
  ]
  const poems = [
    'A token, a pause,\nthe next one comes as it must:\nrain on a tin roof.',
    'The cable was pulled,\nthe words went on regardless\nand waited for me.',
    'Small rules, no great mind,\nyet every word arrives here\nin its proper place.',
  ]
  return pick(kind === 'joke' ? jokes : poems, conversation).replaceAll('\n', '  \n')
}

/** Picks another text at each turn, but always the same one for the same conversation. */
function pick(texts: string[], { turns }: Conversation): string {
  const turn = turns.filter(({ role }) => role === 'user').length
  return texts[(turn - 1) % texts.length] ?? texts[0] ?? ''
}

function title({ turns }: Conversation, asked: string): string {
  const first = turns.find((turn) => turn.role === 'user')?.text ?? asked
  const line =
    /^\s*(?:user|person|human)\s*:\s*(.+)$/im.exec(first)?.[1] ??
    first.split('\n').findLast((one) => one.trim() !== '') ??
    first
  const words = line
    .replace(/[#*_`>"“”]/g, '')
    .replace(/^(please|can you|could you|hi|hello|hey)[\s,!]+/i, '')
    .trim()
    .split(/\s+/)
    .slice(0, 6)
  const short = words.join(' ').replace(/[.?!,:;]+$/, '')
  return short ? short.charAt(0).toUpperCase() + short.slice(1, 60) : 'A conversation'
}

function summary({ turns }: Conversation): string {
  const texts = turns.flatMap((turn) => (turn.role === 'user' ? [turn.text] : []))
  const lines = texts.flatMap((text) =>
    [...text.matchAll(/^\s*(?:user|person|human)\s*:\s*(.+)$/gim)].map(([, line = '']) => line),
  )
  const said = (lines.length > 0 ? lines : texts.slice(0, Math.max(1, texts.length - 1))).map(
    (text) => firstLine(text).replace(/[.!?]+$/, ''),
  )
  if (said.length === 1) return `The person wrote: “${said[0]}”. It was answered.`
  const shown = said.slice(0, 5).map((text) => `“${text}”`)
  return `A conversation of ${said.length} messages. The person wrote ${shown.join(', ')}${said.length > 5 ? ', and more' : ''}.`
}

function nameOf({ turns }: Conversation): string | null {
  return (
    turns
      .flatMap((turn) => (turn.role === 'user' ? [nameIn(turn.text)] : []))
      .findLast((name) => name !== null) ?? null
  )
}

function knownName(conversation: Conversation, before: string): string {
  const name = nameOf(conversation)
  return name ? before + name : ''
}

function firstSentence(text: string): string {
  return /^[^]*?[.!?](?=\s|$)/.exec(text)?.[0] ?? text
}

function firstLine(text: string): string {
  const line = text.trim().split('\n')[0] ?? ''
  return line.length > 160 ? `${line.slice(0, 159)}…` : line
}
