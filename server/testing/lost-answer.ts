import { vi } from 'vitest'
import type { Db } from '../../db/engine/database.ts'

/**
 * Breaks the connection at the next statement with these words, outside of transactions.
 *
 * @param when `after` it was committed, whose answer is lost then; `before` it was executed; or with `late` the database
 *   executes it some time after the connection is gone
 */
export function loseAnswer(db: Db, words: string, when: 'before' | 'after' | 'late' = 'after') {
  const lost = { isDone: false }
  const executor = db.getExecutor()
  const execute = executor.executeQuery.bind(executor)
  const spy = vi.spyOn(executor, 'executeQuery').mockImplementation(async (query) => {
    const isMeant = query.sql.includes(words)
    if (isMeant && when === 'late') setTimeout(() => void execute(query), LATE_MS)
    const result = isMeant && when !== 'after' ? null : await execute(query)
    if (!isMeant) return result as never
    lost.isDone = true
    spy.mockRestore()
    throw Object.assign(new Error('lost'), { code: '57P01' })
  })
  return lost
}

/** Longer than a node waits before it looks whether the statement was executed. */
const LATE_MS = 400

/** Does work right before the next statement with these words is executed, outside of transactions. */
export function beforeStatement(db: Db, words: string, work: () => Promise<unknown>): void {
  const executor = db.getExecutor()
  const execute = executor.executeQuery.bind(executor)
  const spy = vi.spyOn(executor, 'executeQuery').mockImplementation(async (query) => {
    if (query.sql.includes(words)) {
      spy.mockRestore()
      await work()
    }
    return (await execute(query)) as never
  })
}
