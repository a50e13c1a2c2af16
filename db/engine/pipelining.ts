import type { Duplex } from 'node:stream'
import { CompiledQuery } from 'kysely'
import type pg from 'pg'
import type { Db } from './database.ts'

type Client = pg.ClientBase & { connection?: { stream: Duplex } }
type Query = (...said: unknown[]) => unknown

/** The values of statements whose results nobody reads. */
const unreadValues = new WeakSet<object>()

/**
 * Executes a statement whose result nobody reads. In a transaction on Postgres it is sent with what follows it, and its
 * error is thrown by that: by the next statement, or by the commit.
 */
export async function executeUnread(db: Db, text: string, values: unknown[]): Promise<void> {
  unreadValues.add(values)
  await db.executeQuery(CompiledQuery.raw(text, values))
}

/**
 * Saves round trips: `begin` is sent with the first statement of its transaction, and a statement whose result nobody
 * reads with the one after it. The connections must be opened with `pipeline: true`.
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
  /** A `begin` that was asked for and not sent yet. */
  #begin: string | null = null
  #inTransaction = false
  /** Of a `begin` that failed: nothing more of its transaction is carried out. */
  #failure: { cause: unknown } | null = null
  /** What was sent, and whose errors nobody has been told yet; in their order. */
  #unread: Promise<unknown>[] = []

  constructor(client: Client) {
    this.#client = client
    this.#query = client.query.bind(client)
  }

  query(said: unknown[]): unknown {
    const [text, values] = said
    // With a callback, or as an object: not by Kysely, and never in its transactions.
    if (typeof text !== 'string' || said.length > 2) return this.#query(...said)
    if (/^(begin|start transaction[^;]*)$/i.test(text)) {
      this.#begin = text
      this.#inTransaction = true
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
    // Nothing was done in it.
    if (this.#begin !== null) {
      this.#begin = null
      return { command: text.toUpperCase(), rows: [], rowCount: null }
    }
    const ended = this.#send([text])
    // Whoever rolls back has been told why, or does not want any of it.
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
    // Behind a `begin` that failed it would be carried out without a transaction, which is harmless if it only reads.
    if (this.#begin !== null && !onlyReads(text)) await this.#sendBegin()
    const stream = this.#client.connection?.stream
    // Both in one packet.
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

  /** Whoever reads the result hears of the error; until then it must not end the process. */
  #send(said: unknown[]): Promise<unknown> {
    const sent = Promise.resolve(this.#query(...said))
    sent.catch(() => undefined)
    return sent
  }
}

/** Locking counts as reading: outside of a transaction it changes nothing. */
function onlyReads(text: string): boolean {
  return (
    /^\s*(select|with)\b/i.test(text) &&
    !/\b(insert\s+into|delete\s+from|merge\s+into|update\s+\S+\s+(as\s+\S+\s+)?set)\b/i.test(text)
  )
}
