import { createHash } from 'node:crypto'
import type pg from 'pg'

/** A statement is named after this many executions. */
const OFTEN = 5
/** The most prepared statements of one connection; each takes some 20 KiB in Postgres. */
const MOST_NAMES = 128
/** The most statements that are counted; some differ by the length of a list. */
const MOST_TEXTS = 2_000

/**
 * `hold` is false when named statements do not stay on the connections of this process, because a pooler gives each
 * transaction another connection. What one connection finds out holds for all.
 */
export type StatementNames = { hold: boolean }

/**
 * Names the statements that are executed often: Postgres parses a named one once for each connection, and mostly plans
 * it once, which costs more than executing a short statement. Where names do not stay, they are given up at the first
 * sign of it. A statement outside of a transaction is then executed again; a transaction fails as in an outage.
 */
export function nameStatements(pool: pg.Pool, held: StatementNames): void {
  const names = new Names()
  pool.on('connect', (client) => {
    const query: (...said: unknown[]) => unknown = client.query.bind(client)
    let inTransaction = false
    const named = (...said: unknown[]): unknown => {
      const [text, values] = said
      if (typeof text !== 'string') return query(...said)
      // Statements that control transactions need hardly any parsing.
      if (/^(begin|start transaction)\b/i.test(text)) {
        inTransaction = true
        return query(...said)
      }
      if (/^(commit|rollback)$/i.test(text)) {
        inTransaction = false
        return query(...said)
      }
      const nameable = held.hold && said.length === 2 && Array.isArray(values)
      const name = nameable ? names.of(text) : null
      if (name === null) return query(...said)
      const isWithin = inTransaction
      const answer = query({ name, text, values })
      if (!(answer instanceof Promise)) return answer
      return answer.catch((error: unknown) => {
        if (!isUnknownName(error)) throw error
        held.hold = false
        if (isWithin) throw error
        return query(...said)
      })
    }
    Object.assign(client, { query: named })
  })
}

class Names {
  readonly #names = new Map<string, string>()
  readonly #times = new Map<string, number>()

  of(text: string): string | null {
    const name = this.#names.get(text)
    if (name !== undefined || this.#names.size >= MOST_NAMES) return name ?? null
    const times = (this.#times.get(text) ?? 0) + 1
    if (this.#times.size >= MOST_TEXTS) this.#times.clear()
    this.#times.set(text, times)
    if (times < OFTEN) return null
    this.#times.delete(text)
    this.#names.set(text, nameOf(text))
    return this.#names.get(text) ?? null
  }
}

/**
 * A name that depends on the text only: behind a pooler in transaction mode a connection has statements that other
 * processes named, and a name must mean the same text everywhere.
 */
function nameOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

/** Executes an insert as a named prepared statement, which Postgres parses and plans once per connection. */
export function namedInsert(pool: pg.Pool, held: StatementNames) {
  return async (text: string, values: unknown[]): Promise<void> => {
    const named = held.hold
    try {
      await pool.query(named ? { name: nameOf(text), text, values } : { text, values })
    } catch (error) {
      if (!named || !isUnknownName(error)) {
        throw error
      }
      held.hold = false
      await pool.query({ text, values })
    }
  }
}

/**
 * Returns true when there is a pooler in between: the process that executes statements is not the one that Postgres
 * announces to a new connection. A pooler may give each transaction another connection.
 *
 * @param id of the process that executes statements, from `pg_backend_pid()`
 */
export function isPooled(client: pg.ClientBase, id: unknown): boolean {
  return 'processID' in client && Number(client.processID) !== Number(id)
}

/** True for invalid_sql_statement_name and duplicate_prepared_statement: nothing was executed. */
function isUnknownName(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && (error.code === '26000' || error.code === '42P05')
  )
}
