import type pg from 'pg'

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

/** invalid_sql_statement_name or duplicate_prepared_statement: the statement was not executed. */
function isUnknownName(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && (error.code === '26000' || error.code === '42P05')
  )
}
