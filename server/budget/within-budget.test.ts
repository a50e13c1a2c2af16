import { expect, test } from 'vitest'
import type { ModelUsage } from '../model/port.ts'
import { collect, stepOf } from '../model/testing/collect.ts'
import { createScriptedModel } from '../testing/scripted-model.ts'
import type { Budget, PlannedCall } from './port.ts'
import { withinBudget } from './within-budget.ts'

function accounts(allowed: boolean) {
  const reserved: PlannedCall[] = []
  const settled: ModelUsage[] = []
  const error = { code: 'budget' as const, message: 'No more today.', retryable: false }
  const budget: Budget = {
    limited: true,
    reserve: async (call) => {
      reserved.push(call)
      const settle = async (used: ModelUsage) => void settled.push(used)
      return allowed ? { ok: true, reservation: { settle } } : { ok: false, error }
    },
  }
  return { budget, reserved, settled }
}

const tokens = { estimate: (text: string) => text.length }

test('a title or a summary is paid for in advance, and settled by what it used', async () => {
  const { budget, reserved, settled } = accounts(true)
  const model = createScriptedModel()
  const step = stepOf('Say it short', { maxTokens: 40 })
  const asking = collect(withinBudget(model, budget, tokens), step)
  const call = await model.nextWriting()
  expect(reserved).toEqual([
    { model: 'test-model', inputTokens: expect.any(Number), outputTokens: 40 },
  ])
  expect(reserved[0]?.inputTokens).toBeGreaterThan(12)
  call.say('Short.')
  call.finish()
  expect((await asking).text).toBe('Short.')
  expect(settled).toEqual([{ inputTokens: 10, outputTokens: 5 }])
})

test('one that is left early is settled by what it said, and one that is not allowed is not asked for', async () => {
  const { budget, settled } = accounts(true)
  const model = createScriptedModel()
  const controller = new AbortController()
  const asking = collect(withinBudget(model, budget, tokens), stepOf('hi'), controller.signal)
  const call = await model.nextWriting()
  call.say('12345')
  controller.abort()
  await asking
  expect(settled).toHaveLength(1)

  const empty = accounts(false)
  const refused = await collect(withinBudget(model, empty.budget, tokens), stepOf('hi'))
  expect(refused.deltas).toMatchObject([{ type: 'error', error: { code: 'budget' } }])
  expect(model.askedToWrite).toBe(1)
})
