import { expect, test } from 'vitest'
import { UserId } from '../../shared/contract/ids.ts'
import type { Budget } from '../budget/planned-call.ts'
import type { ModelUsage } from '../model/port.ts'
import { createSpeechBilling } from './billing.ts'

const whose = {
  payer: { userId: UserId.parse('00000000-0000-4000-8000-00000000000a'), keyId: null },
  sessionId: null,
}

function start() {
  const settled: ModelUsage[] = []
  const planned: { inputTokens: number; outputTokens: number }[] = []
  const settle = async (used: ModelUsage) => void settled.push(used)
  // What billing asks of a budget.
  const budget = {
    reserve: async (call: { inputTokens: number; outputTokens: number }) => {
      planned.push(call)
      return { ok: true, reservation: { settle, shortage: null } }
    },
  } as unknown as Budget
  const kind = { budget, prices: { cost: async () => 0 } }
  const billing = createSpeechBilling({
    models: { toText: 'a', toSpeech: 'b' },
    kinds: { toText: kind, toSpeech: kind },
    record: async () => undefined,
    onError: () => undefined,
    now: () => '2026-05-01T00:00:00.000Z',
  })
  return { billing, settled, planned }
}

test('What was set aside for a call is given back once, however the call ends', async () => {
  const { billing, settled } = start()
  const bill = await billing.forRecording(1_000, whose)
  const used = { inputTokens: 5, outputTokens: 1 }
  await bill.took(used)
  await bill.failed()
  expect(settled).toEqual([used])
})
