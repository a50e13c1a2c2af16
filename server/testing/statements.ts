import pg from 'pg'

/** Everything that this process says to Postgres, in its order, from now until it is disposed. */
export function recordStatements(): Disposable & { seen: string[] } {
  const seen: string[] = []
  const query: (this: pg.Client, ...said: unknown[]) => unknown = pg.Client.prototype.query
  const recording = function (this: pg.Client, ...said: unknown[]): unknown {
    seen.push(textOf(said[0]).replaceAll(/\s+/g, ' ').trim())
    return query.apply(this, said)
  }
  Object.assign(pg.Client.prototype, { query: recording })
  return {
    seen,
    [Symbol.dispose]: () => Object.assign(pg.Client.prototype, { query }),
  }
}

function textOf(statement: unknown): string {
  if (typeof statement === 'string') return statement
  const isQuery = typeof statement === 'object' && statement !== null && 'text' in statement
  return isQuery ? String(statement.text) : ''
}
