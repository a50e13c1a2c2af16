import { afterAll, describe, expect, test } from 'vitest'
import { chatRows } from './testing/chat-rows.ts'
import { asked, ROWS } from './testing/edge-cases.ts'
import type { EdgeCase } from './testing/edge-cases.ts'
import { responsesRows } from './testing/responses-rows.ts'

/** Rows that passed, by API; printed at the end of a run. */
const covered = { chat: new Set<number>(), responses: new Set<number>() }

describe.each([
  ['chat', chatRows],
  ['responses', responsesRows],
] as const)('what providers do, through %s', (api, rows) => {
  const cases = Object.entries(rows).flatMap(([row, list]: [string, EdgeCase[]]) =>
    list.map((one) => ({ row: Number(row), one })),
  )
  for (const { row, one } of cases) {
    test(`row ${row}, ${ROWS[row]}: ${one.name}`, async () => {
      await asked(api, one)
      covered[api].add(row)
    })
  }
})

test('every row has a case, and every row that both APIs know has one in each', () => {
  const numbers = Object.keys(ROWS).map(Number)
  const missing = numbers.filter((row) => !chatRows[row] && !responsesRows[row])
  expect(missing).toEqual([])
  const notThere = (rows: Record<number, EdgeCase[]>) => numbers.filter((row) => !rows[row])
  // Index, finish reason, choices and n exist in Chat Completions only; items and reasoning with ids in Responses only.
  expect(notThere(responsesRows)).toEqual([2, 5, 9, 11, 13])
  expect(notThere(chatRows)).toEqual([18, 19, 28])
})

afterAll(() => {
  for (const [api, rows] of Object.entries(covered)) {
    const list = [...rows].toSorted((one, other) => one - other).join(' ')
    process.stdout.write(`What providers do, rows covered through ${api}: ${list || 'none'}\n`)
  }
})
