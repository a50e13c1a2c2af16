import { expect, test } from 'vitest'
import type { RunError } from '../../shared/contract/errors.ts'
import { LOCAL_OWNER } from '../auth/local-owner.ts'
import type { Budget, PlannedCall } from '../budget/planned-call.ts'
import type { ModelUsage } from '../model/port.ts'
import { createScriptedModel } from '../testing/scripted-model.ts'
import { WritingError, writeText } from './write-text.ts'

const STEP = {
  model: 'scripted',
  temperature: 0.3,
  maxTokens: 100,
  systemPrompt: 'Write a title.',
  messages: [{ role: 'user' as const, text: 'What a day it was.' }],
}

function setUp(refusal: RunError | null = null) {
  const model = createScriptedModel()
  const planned: PlannedCall[] = []
  const settled: ModelUsage[] = []
  const counted: ModelUsage[] = []
  const budget: Budget = {
    async reserve(call) {
      planned.push(call)
      return refusal
        ? { ok: false, error: refusal }
        : {
            ok: true,
            reservation: {
              outputTokens: call.outputTokens,
              shortage: null,
              limited: true,
              receipt: null,
              settle: async (used) => void settled.push(used),
            },
          }
    },
    takeUp: () => {
      throw new Error('what is written in the background is never taken up')
    },
  }
  const tokens = { estimate: (text: string) => text.length }
  const signal = new AbortController().signal
  const payer = { userId: LOCAL_OWNER, keyId: null }
  return {
    model,
    planned,
    settled,
    counted,
    write: () => {
      const onUsage = async (usage: ModelUsage) => void counted.push(usage)
      return writeText({ model, budget, tokens }, STEP, { signal, payer, onUsage })
    },
  }
}

test('what is written in the background is paid from the budget, with what it used', async () => {
  const { model, planned, settled, counted, write } = setUp()
  const text = write()
  const call = await model.nextWriting()
  call.say('A ', 'day')
  call.finish()
  expect(await text).toBe('A day')
  expect(planned).toMatchObject([{ model: 'scripted', outputTokens: 100 }])
  expect(planned[0]?.inputTokens).toBeGreaterThanOrEqual(32)
  expect(settled).toMatchObject([{ inputTokens: 10, outputTokens: 5 }])
  expect(counted).toEqual(settled)
})

test('what the budget does not allow is not asked for', async () => {
  const { model, write } = setUp({ code: 'budget', message: 'Used up.', retryable: false })
  const failed = await write().catch((error: unknown) => error)
  expect(failed).toBeInstanceOf(WritingError)
  expect(failed).toMatchObject({ retryable: false })
  expect(model.askedToWrite).toBe(0)
})

test('nothing is due for a call that failed before its first word', async () => {
  const { model, settled, counted, write } = setUp()
  const text = write()
  const call = await model.nextWriting()
  call.fail('provider_auth')
  await expect(text).rejects.toBeInstanceOf(WritingError)
  expect(settled).toEqual([{ inputTokens: 0, outputTokens: 0 }])
  expect(counted).toEqual([])
})
