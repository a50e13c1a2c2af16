import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createOutageLog } from './outage.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const refused = () => Object.assign(new Error('no'), { code: 'ECONNREFUSED' })

function start() {
  const lines: { level: string; what: string; about: object }[] = []
  const put = (level: string) => (about: object, what: string) => {
    lines.push({ level, what, about })
  }
  const database = { isAway: true }
  const log = createOutageLog({
    logger: { error: put('error'), info: put('info') },
    check: async () => {
      if (database.isAway) throw refused()
    },
  })
  return { lines, database, log }
}

test('an outage is logged when it begins and when it ends, however much fails meanwhile', async () => {
  const { lines, database, log } = start()
  for (let round = 0; round < 50; round += 1) {
    for (let reader = 0; reader < 20; reader += 1) log.report(refused(), 'procedure failed')
    await vi.advanceTimersByTimeAsync(1_000)
  }
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatchObject({ level: 'error', about: { what: 'procedure failed' } })
  database.isAway = false
  await vi.advanceTimersByTimeAsync(3_000)
  expect(lines).toHaveLength(2)
  expect(lines[1]).toMatchObject({ level: 'info', about: { failures: 1_000 } })
  database.isAway = true
  log.report(refused(), 'procedure failed')
  expect(lines).toHaveLength(3)
  log[Symbol.dispose]()
})

test('what fails for another reason is logged each time, also during an outage', () => {
  const { lines, log } = start()
  log.report(refused(), 'first')
  log.report(new Error('x is not a function'), 'second', { path: 'me' })
  log.report(Object.assign(new Error('no'), { code: '40P01' }), 'third')
  expect(lines.map(({ what }) => what).slice(1)).toEqual(['second', 'third'])
  log[Symbol.dispose]()
})
