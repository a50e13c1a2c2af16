import { expect, test } from 'vitest'
import { LOCAL_OWNER } from '../auth/local-owner.ts'
import type { Left } from './allowances.ts'
import { plan } from './plan.ts'

const call = {
  model: 'priced',
  inputTokens: 100,
  outputTokens: 1_000,
  payer: { userId: LOCAL_OWNER, keyId: null },
}
const none = Number.POSITIVE_INFINITY

function left({ tokens = none, usd = none }: { tokens?: number; usd?: number }): Left {
  const payer = {
    ...{ payer: LOCAL_OWNER, day: '2026-03-29', by: 'user' as const },
    limits: { tokens: 1, usd: 1 },
  }
  return { payer, tokens, usd }
}

/** A dollar for a thousand tokens that are read, and two for a thousand that are written. */
const priceOf = async (outputTokens: number) => 0.1 + outputTokens * 0.002

test.each([
  ['without a limit all is allowed', [], 1_000, false],
  ['where all fits, all is allowed', [left({ tokens: 1_100, usd: 2.1 })], 1_000, false],
  ['the tokens that are left may be written', [left({ tokens: 400 })], 300, true],
  ['the money that is left may be spent', [left({ usd: 0.5 })], 200, true],
  ['the least of person and key counts', [left({ usd: 1 }), left({ usd: 0.5 })], 200, true],
  ['an answer of no more than some words is not begun', [left({ tokens: 110 })], 0, true],
  ['what cannot even be read is not begun', [left({ tokens: 50 })], 0, true],
  ['nothing is left of money', [left({ usd: 0.1 })], 0, true],
] as const)('%s', async (_, allowances, outputTokens, isShort) => {
  const planned = await plan(call, allowances, priceOf)
  expect(planned.outputTokens).toBe(outputTokens)
  expect(planned.shortBy !== null).toBe(isShort)
})
