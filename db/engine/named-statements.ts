import type pg from 'pg'

/** A statement is named after this many executions. */
const OFTEN = 5
/** The most prepared statements of one connection; each takes some 20 KiB in Postgres. */
const MOST_NAMES = 128
/** The most statements that are counted; some differ by the length of a list. */
const MOST_TEXTS = 2_000

/**
 * Gives names to the statements that are said over and over: Postgres parses a named one once for each connection, and
 * mostly plans it once, which is more of its work for a short statement than carrying it out. Behind a pooler that
 * hands each transaction to another connection names do not hold: at the first sign of that they are given up. A
 * statement outside of a transaction is then said again; a transaction fails as by any other trouble.
 */
export function nameStatements(pool: pg.Pool): void {
  const names = new Names()
  pool.on('connect', (client) => {
    const query: (...said: unknown[]) => unknown = client.query.bind(client)
    let inTransaction = false
    const named = (...said: unknown[]): unknown => {
      const [text, values] = said
      if (typeof text !== 'string') return query(...said)
      if (/^(begin|start transaction)\b/i.test(text)) inTransaction = true
      if (/^(commit|rollback)$/i.test(text)) inTransaction = false
      const name = said.length === 2 && Array.isArray(values) ? names.of(text) : null
      if (name === null) return query(...said)
      const answer = query({ name, text, values })
      if (!(answer instanceof Promise)) return answer
      return answer.catch((error: unknown) => {
        if (!isUnknownName(error)) throw error
        names.giveUp()
        if (inTransaction) throw error
        return query(...said)
      })
    }
    Object.assign(client, { query: named })
  })
}

class Names {
  #given = true
  readonly #names = new Map<string, string>()
  readonly #times = new Map<string, number>()

  of(text: string): string | null {
    if (!this.#given) return null
    const name = this.#names.get(text)
    if (name !== undefined || this.#names.size >= MOST_NAMES) return name ?? null
    const times = (this.#times.get(text) ?? 0) + 1
    if (this.#times.size >= MOST_TEXTS) this.#times.clear()
    this.#times.set(text, times)
    if (times < OFTEN) return null
    this.#times.delete(text)
    this.#names.set(text, `statement-${this.#names.size}`)
    return this.#names.get(text) ?? null
  }

  giveUp(): void {
    this.#given = false
  }
}

/**
 * Executes an insert as a named prepared statement, which Postgres parses and plans once per connection; Kysely does
 * not name statements. Behind a pooler that gives each transaction another connection, names are lost; then the
 * statement is sent without a name from there on.
 */
export function namedInsert(pool: pg.Pool) {
  let names = true
  return async (name: string, text: string, values: unknown[]): Promise<void> => {
    try {
      await pool.query(names ? { name, text, values } : { text, values })
    } catch (error) {
      if (!names || !isUnknownName(error)) {
        throw error
      }
      names = false
      await pool.query({ text, values })
    }
  }
}

/** invalid_sql_statement_name, or duplicate_prepared_statement: nothing was carried out. */
export function isUnknownName(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && (error.code === '26000' || error.code === '42P05')
  )
}
