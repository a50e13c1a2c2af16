import type { Db } from '../../../db/engine/database.ts'
import { findMessage } from '../../../db/queries/messages/messages.ts'
import type { MessageId, UserId } from '../../../shared/contract/ids.ts'
import type { Message } from '../../../shared/contract/message.ts'

/** A message that no reader asked for during this time is dropped from memory. Milliseconds. */
const KEPT = 5_000

/**
 * The texts of messages that are too long for one frame. Readers get them piece by piece and may be slow. Instead of a
 * copy for each reader, one message at a time is kept here for all of them.
 */
export class LongTexts {
  readonly #db: Db
  readonly #findStored: typeof findMessage
  #last: { id: MessageId; userId: UserId; message: Promise<Message | null> } | null = null
  #timer: NodeJS.Timeout | null = null

  /** @param find reads the message; tests pass their own */
  constructor(db: Db, find: typeof findMessage = findMessage) {
    this.#db = db
    this.#findStored = find
  }

  async read(userId: UserId, id: MessageId, part: number): Promise<string | null> {
    const last = this.#last
    const isKept = last?.id === id && last.userId === userId
    const kept = isKept ? last : { id, userId, message: this.#find(userId, id) }
    this.#last = kept
    // After a failure the next reader asks the database again.
    kept.message.catch(() => {
      if (this.#last === kept) this.#last = null
    })
    this.#timer ??= setInterval(() => this.#forget(), KEPT).unref()
    this.#timer.refresh()
    const found = (await kept.message)?.parts[part]
    return found && found.type !== 'tool' && found.type !== 'file' ? found.text : null
  }

  #forget(): void {
    this.#last = null
    if (this.#timer) {
      clearInterval(this.#timer)
      this.#timer = null
    }
  }

  async #find(userId: UserId, id: MessageId): Promise<Message | null> {
    return (await this.#findStored(this.#db, userId, id))?.message ?? null
  }
}
