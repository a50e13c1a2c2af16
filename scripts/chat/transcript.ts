import type {
  AppMessage,
  AppPart,
  AppSessionState,
  AppToolCall,
} from '../../shared/client/index.ts'

/** The output of a conversation: text continues the current line, a note has its own line. */
export type Paper = {
  text(text: string, kind: 'text' | 'reasoning' | 'refusal'): void
  note(text: string): void
  /** Prints a message of the user. */
  said(text: string): void
  endLine(): void
}

/** The number of messages that are printed when a session is opened. */
const SHOWN_AT_FIRST = 20

/**
 * Prints a conversation while it grows. Printed text cannot be withdrawn, so each state prints what it adds to the
 * state before; a snapshot, a reconnection or merged events therefore add nothing twice.
 */
export class Transcript {
  readonly #paper: Paper
  readonly #written = new Map<string, { parts: Written[]; hasEnded: boolean }>()
  readonly #own = new Set<string>()

  constructor(paper: Paper) {
    this.#paper = paper
  }

  /** Records a message that was typed here and is already on the screen. */
  typed(messageId: string): void {
    this.#own.add(messageId)
  }

  wasTyped(messageId: string): boolean {
    return this.#own.has(messageId)
  }

  show({ messages, hasOlder }: AppSessionState): void {
    const isFirst = this.#written.size === 0
    const hidden = isFirst ? Math.max(0, messages.length - SHOWN_AT_FIRST) : 0
    if (isFirst && (hidden > 0 || hasOlder)) this.#paper.note('… older messages are not shown')
    for (const message of messages.slice(hidden)) {
      if (message.role === 'assistant') this.#answer(message)
      else if (!this.#written.has(message.id)) this.#question(message)
    }
  }

  #question(message: AppMessage): void {
    this.#written.set(message.id, { parts: [], hasEnded: true })
    if (this.#own.has(message.id)) return
    this.#paper.said(message.parts.map((part) => (part.type === 'text' ? part.text : '')).join(''))
  }

  #answer(message: AppMessage): void {
    const written = this.#written.get(message.id) ?? { parts: [], hasEnded: false }
    this.#written.set(message.id, written)
    for (const [index, part] of message.parts.entries()) {
      written.parts[index] = this.#part(part, written.parts[index])
    }
    const ending = endingOf(message)
    if (ending === null) {
      written.hasEnded = false
    } else if (!written.hasEnded) {
      written.hasEnded = true
      this.#paper.endLine()
      if (ending !== '') this.#paper.note(ending)
    }
  }

  #part(part: AppPart, before: Written | undefined): Written {
    if (part.type === 'tool') {
      const text = callWords(part.call)
      if (text !== '' && text !== before?.text) this.#paper.note(text)
      return { text }
    }
    if (part.type === 'file') {
      if (!before) this.#paper.note(`[${part.file.name}]`)
      return { text: part.file.name }
    }
    // A repeated step streams its text again; the part that is already printed is skipped.
    if (before?.text.startsWith(part.text)) return before
    if (before === undefined || part.text.startsWith(before.text)) {
      if (before === undefined) this.#paper.endLine()
      this.#paper.text(part.text.slice(before?.text.length ?? 0), part.type)
    } else {
      this.#paper.note('… the answer was interrupted; once more:')
      this.#paper.text(part.text, part.type)
    }
    return { text: part.text }
  }
}

/** The text of a part that was printed last. */
type Written = { text: string }

/** Null while the answer is running, empty when it ended normally. */
function endingOf({ status, error }: AppMessage): string | null {
  switch (status) {
    case 'queued':
    case 'running':
    case 'waiting':
      return null
    case 'completed':
      return ''
    case 'stopped':
      return '— stopped'
    case 'interrupted':
      return '— interrupted'
    case 'failed':
      return `— failed: ${error?.message ?? 'nobody knows why'}`
  }
}

function callWords({ name, status, input, error = '', durationMs }: AppToolCall): string {
  const call = `${name} ${JSON.stringify(input)}`
  const took = durationMs === undefined ? '' : `, ${(durationMs / 1000).toFixed(1)} s`
  switch (status) {
    case 'pending':
      return ''
    case 'running':
      return `⚙ ${call} …`
    case 'awaiting-approval':
      return `? ${call} waits for you: /approve, or /deny and why`
    case 'completed':
      return `✓ ${call} done${took}`
    case 'failed':
      return `✗ ${call} failed${took}: ${error}`
    case 'denied':
      return `✗ ${call}: ${error}`
    case 'unknown':
      return `? ${call}: ${error || 'Whether it happened is not known.'}`
  }
}
