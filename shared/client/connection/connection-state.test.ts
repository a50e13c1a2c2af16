import { expect, test } from 'vitest'
import { advance, describe } from './connection-state.ts'
import type { ConnectionProgress, ConnectionStep } from './connection-state.ts'

const begin: ConnectionProgress = {
  phase: 'trying',
  tries: 0,
  cause: null,
  online: true,
  outage: null,
}
const cause = { code: 1006, message: 'The connection broke' }

function after(...steps: ConnectionStep[]): ReturnType<typeof describe> {
  return describe(steps.reduce(advance, begin))
}

test('the first try is connecting, each later one says how often and why', () => {
  expect(after()).toEqual({ status: 'connecting' })
  expect(after({ type: 'try' })).toEqual({ status: 'connecting' })
  expect(after({ type: 'try' }, { type: 'lost', cause }, { type: 'try' })).toEqual({
    status: 'reconnecting',
    attempt: 2,
    cause,
  })
})

test('a server that takes connections and says nothing does not make the tries count anew', () => {
  const flap: ConnectionStep[] = [{ type: 'try' }, { type: 'opened' }, { type: 'lost', cause }]
  expect(after(...flap, ...flap, ...flap)).toMatchObject({ attempt: 3 })
  expect(
    after(...flap, ...flap, { type: 'try' }, { type: 'opened' }, { type: 'received' }),
  ).toEqual({
    status: 'connected',
  })
})

test('offline is said while the browser says so and nothing connects; a connection proves it wrong', () => {
  const gone: ConnectionStep[] = [
    { type: 'opened' },
    { type: 'network', online: false },
    { type: 'lost', cause },
  ]
  expect(after(...gone)).toEqual({ status: 'offline', reason: 'network' })
  expect(after(...gone, { type: 'opened' })).toEqual({ status: 'connected' })
  expect(after(...gone, { type: 'network', online: true })).toMatchObject({
    status: 'reconnecting',
  })
})

test('closed is for ever', () => {
  expect(after({ type: 'closed' }, { type: 'try' }, { type: 'opened' })).toEqual({
    status: 'offline',
    reason: 'closed',
  })
})
