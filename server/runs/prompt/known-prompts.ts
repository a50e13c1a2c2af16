import { LRUCache } from 'lru-cache'
import type { PromptMessage, PromptPage } from '../../../db/queries/runs/run-drives.ts'
import type { MessageId, SessionId } from '../../../shared/contract/ids.ts'

/** All messages of a conversation up to a question. */
export type KnownPrompt = { question: MessageId; messages: readonly PromptMessage[] }

/** The most that is kept of all conversations. Bytes, about. */
const MOST_BYTES = 24 * 1024 * 1024
/** An unused conversation is forgotten after this time. Milliseconds. */
const LONGEST = 10 * 60_000
/** What a message takes besides its parts. Bytes, about. */
const OVERHEAD = 500

/**
 * The conversations that this node last sent to a model, each up to its last question, so that the next question reads
 * only what came after it. They are exact without being checked: once a question is answered, neither it nor anything
 * before it changes. A person who edits or regenerates makes a new branch, only an answer that nothing follows is
 * continued, and outputs of calls and texts of files are read anew each time.
 */
export class KnownPrompts {
  readonly #known = new LRUCache<SessionId, KnownPrompt & { bytes: number }>({
    maxSize: MOST_BYTES,
    sizeCalculation: ({ bytes }) => bytes,
    ttl: LONGEST,
  })

  of(sessionId: SessionId): KnownPrompt | null {
    return this.#known.get(sessionId) ?? null
  }

  /** Remembers the whole conversation up to this question; messages that it knows already are not measured again. */
  note(sessionId: SessionId, { question, messages }: KnownPrompt): void {
    const known = this.#known.get(sessionId)
    const isLonger =
      known !== undefined && messages[known.messages.length - 1] === known.messages.at(-1)
    const fresh = isLonger ? messages.slice(known.messages.length) : messages
    const bytes = fresh.reduce(
      (sum, { parts, steps }) => sum + OVERHEAD + JSON.stringify([parts, steps]).length,
      isLonger ? known.bytes : 0,
    )
    this.#known.set(sessionId, { question, messages, bytes })
  }

  forget(sessionId: SessionId): void {
    this.#known.delete(sessionId)
  }
}

/**
 * Puts the known messages in front of a page that was read up to the known question.
 *
 * @param page begins with the known question when it was reached
 */
export function joinKnown(page: PromptPage, known: KnownPrompt | null): PromptPage {
  const [first, ...rest] = page.messages
  return known && first?.id === known.question
    ? { messages: [...known.messages, ...rest], hasOlder: false }
    : page
}
