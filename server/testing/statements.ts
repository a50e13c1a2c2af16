import pg from 'pg'

type Recorded = {
  readonly seen: string[]
  /**
   * For each statement, true when its connection had no other one in flight; further statements share its round trip.
   */
  readonly isFirst: boolean[]
}

/** Records all statements that this process sends to Postgres, in order, until it is disposed. */
export function recordStatements(): Disposable & Recorded {
  const seen: string[] = []
  const isFirst: boolean[] = []
  const waiting = new WeakMap<pg.Client, number>()
  const query: (this: pg.Client, ...said: unknown[]) => unknown = pg.Client.prototype.query
  const recording = function (this: pg.Client, ...said: unknown[]): unknown {
    seen.push(textOf(said[0]).replaceAll(/\s+/g, ' ').trim())
    const before = waiting.get(this) ?? 0
    isFirst.push(before === 0)
    const answer = query.apply(this, said)
    if (answer instanceof Promise) {
      waiting.set(this, before + 1)
      const answered = () => void waiting.set(this, (waiting.get(this) ?? 1) - 1)
      answer.then(answered, answered)
    }
    return answer
  }
  Object.assign(pg.Client.prototype, { query: recording })
  return {
    seen,
    isFirst,
    [Symbol.dispose]: () => Object.assign(pg.Client.prototype, { query }),
  }
}

function textOf(statement: unknown): string {
  if (typeof statement === 'string') return statement
  const isQuery = typeof statement === 'object' && statement !== null && 'text' in statement
  return isQuery ? String(statement.text) : ''
}
