import { expect, test } from 'vitest'
import type { StoredCall } from '../../../db/queries/messages/call-rows.ts'
import { ProgressRecord } from './progress.ts'

test('progress is recorded again after a record of it failed', async () => {
  const recorded: unknown[] = []
  const stored = { call: {} } as unknown as StoredCall
  let fails = true
  await using progress = new ProgressRecord(stored, {
    call: async (one) => {
      if (fails) throw new Error('the database refused it')
      recorded.push(one.call.progress)
      return one
    },
  })
  progress.record({ done: 1, total: 2 })
  await Promise.resolve()
  fails = false
  await expect
    .poll(() => {
      progress.record({ done: 2, total: 2 })
      return recorded
    })
    .toContainEqual({ done: 2, total: 2 })
})
