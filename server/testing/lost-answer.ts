import { vi } from 'vitest'
import type { Db } from '../../db/engine/database.ts'

/**
 * Breaks the connection at the next statement with these words, outside of transactions.
 *
 * @param when `after` it was committed, whose answer is lost then; or `before` it was executed
 */
export function loseAnswer(db: Db, words: string, when: 'before' | 'after' = 'after') {
  const lost = { isDone: false }
  const executor = db.getExecutor()
  const execute = executor.executeQuery.bind(executor)
  const spy = vi.spyOn(executor, 'executeQuery').mockImplementation(async (query) => {
    const isMeant = query.sql.includes(words)
    const result = isMeant && when === 'before' ? null : await execute(query)
    if (!isMeant) return result as never
    lost.isDone = true
    spy.mockRestore()
    throw Object.assign(new Error('lost'), { code: '57P01' })
  })
  return lost
}

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
