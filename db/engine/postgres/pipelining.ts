import type { Duplex } from 'node:stream'
import { CompiledQuery } from 'kysely'
import type pg from 'pg'
import type { Db } from '../database.ts'

type Client = pg.ClientBase & { connection?: { stream: Duplex } }
type Query = (...said: unknown[]) => unknown

/** The values of statements whose results are not read. */
const unreadValues = new WeakSet<object>()

/**
 * Executes a statement whose result is not read. In a transaction on Postgres it is sent together with the next
 * statement, which throws its error; if it is the last one, the commit does.
 */
export async function executeUnread(db: Db, text: string, values: unknown[]): Promise<void> {
  unreadValues.add(values)
  await db.executeQuery(CompiledQuery.raw(text, values))
}

/**
 * Saves round trips: `begin` is sent together with the first statement of its transaction, and a statement whose result
 * is not read together with the next one. The end of a transaction that only reads is not waited for: all that it read
 * is there, and the connection's next statement comes after it. The connections must be opened with `pipeline: true`.
 */
export function pipelineTransactions(pool: pg.Pool): void {
  pool.on('connect', (client) => {
    const transactions = new Pipeline(client)
    Object.assign(client, { query: (...said: unknown[]) => transactions.query(said) })
  })
}

class Pipeline {
  readonly #client: Client
  readonly #query: Query
  /** A `begin` that was requested and not sent yet. */
  #begin: string | null = null
  #inTransaction = false
  #isReadOnly = false
  /** The failure of a `begin`, after which nothing of its transaction is executed. */
  #failure: { cause: unknown } | null = null
  /** The statements that were sent and whose errors were not thrown yet, in order. */
  #unread: Promise<unknown>[] = []

  constructor(client: Client) {
    this.#client = client
    this.#query = client.query.bind(client)
  }

  query(said: unknown[]): unknown {
    const [text, values] = said
    // Calls with a callback or an object do not come from Kysely, and are never in its transactions.
    if (typeof text !== 'string' || said.length > 2) return this.#query(...said)
    if (/^(begin|start transaction[^;]*)$/i.test(text)) {
      this.#begin = text
      this.#inTransaction = true
      this.#isReadOnly = /read only/i.test(text)
      this.#failure = null
      return Promise.resolve({ command: 'BEGIN', rows: [], rowCount: null })
    }
    if (!this.#inTransaction) return this.#query(...said)
    if (/^(commit|rollback)$/i.test(text)) return this.#end(text)
    if (this.#failure) return Promise.reject(this.#failure.cause)
    const isUnread = typeof values === 'object' && values !== null && unreadValues.has(values)
    return isUnread ? this.#sendUnread(said) : this.#sendRead(said, text)
  }

  async #end(text: string): Promise<unknown> {
    this.#inTransaction = false
    // Nothing was executed in this transaction.
    if (this.#begin !== null) {
      this.#begin = null
      return { command: text.toUpperCase(), rows: [], rowCount: null }
    }
    const ended = this.#send([text])
    if (this.#isReadOnly && this.#unread.length === 0) {
      return { command: text.toUpperCase(), rows: [], rowCount: null }
    }
    // A caller that rolls back has the error already, or does not need it.
    if (/^rollback$/i.test(text)) await Promise.allSettled(this.#unread.splice(0))
    else await this.#readErrors(ended)
    return ended
  }

  async #sendUnread(said: unknown[]): Promise<unknown> {
    await this.#sendBegin()
    this.#unread.push(this.#send(said))
    return { command: '', rows: [], rowCount: null }
  }

  async #sendRead(said: unknown[], text: string): Promise<unknown> {
    // Behind a `begin` that failed, the statement would be executed outside of a transaction, which is harmless only
    // for a read.
    if (this.#begin !== null && !onlyReads(text)) await this.#sendBegin()
    const stream = this.#client.connection?.stream
    // Both statements go into one packet.
    stream?.cork()
    void this.#sendBegin().catch(() => undefined)
    const read = this.#send(said)
    stream?.uncork()
    await this.#readErrors(read)
    return read
  }

  async #sendBegin(): Promise<void> {
    if (this.#begin === null) return
    const begun = this.#send([this.#begin])
    this.#begin = null
    begun.catch((cause: unknown) => (this.#failure = { cause }))
    this.#unread.push(begun)
    await begun
  }

  /** Throws the first error of what was sent before `last`, once Postgres has answered `last` too. */
  async #readErrors(last: Promise<unknown>): Promise<void> {
    const unread = this.#unread
    this.#unread = []
    if (unread.length === 0) return
    await Promise.allSettled([...unread, last])
    await Promise.all(unread)
  }

  /**
   * The caller that reads the result gets the error; until then it must not end the process as an unhandled rejection.
   */
  #send(said: unknown[]): Promise<unknown> {
    const sent = Promise.resolve(this.#query(...said))
    sent.catch(() => undefined)
    return sent
  }
}

/** True for a statement that only reads. Locking counts as reading: outside of a transaction it changes nothing. */
function onlyReads(text: string): boolean {
  return (
    /^\s*(select|with)\b/i.test(text) &&
    !/\b(insert\s+into|delete\s+from|merge\s+into|update\s+\S+\s+(as\s+\S+\s+)?set)\b/i.test(text)
  )
}
