import type pg from 'pg'

/**
 * Kysely does not name its statements; a named one is parsed and planned once for each connection. Behind a pooler
 * that hands each transaction to another connection names do not hold: then they are given up.
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
function isUnknownName(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && (error.code === '26000' || error.code === '42P05')
  )
}
