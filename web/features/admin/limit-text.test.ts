import { expect, test } from 'vitest'
import { limitText, toLimits } from './limit-text.ts'

const empty = {
  requestsPerMinute: '',
  sendsPerMinute: '',
  runsAtOnce: '',
  sessions: '',
  tokensPerDay: '',
  usdPerDay: '',
  storageMb: '',
}

test('a limit that is left empty is the settings’, and “none” is without limit', () => {
  expect(toLimits({ ...empty, usdPerDay: ' 0.5 ', runsAtOnce: 'None', sessions: '0' })).toEqual({
    usdPerDay: 0.5,
    runsAtOnce: null,
    sessions: 0,
  })
  expect([limitText(undefined), limitText(null), limitText(0)]).toEqual(['', 'none', '0'])
})

test('what is no limit is refused as a whole', () => {
  for (const text of ['-1', 'many', 'Infinity', '1,5']) {
    expect(toLimits({ ...empty, usdPerDay: text }), text).toBe(null)
  }
})
