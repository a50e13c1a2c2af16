import { expect, test } from 'vitest'
import {
  isTransactionConflict,
  isRefusal,
  isTransientError,
  isUnavailable,
} from './database-errors.ts'

const error = (code: string | null, message = 'no') =>
  Object.assign(new Error(message), code ? { code } : {})

test.each([
  ['a full disk', error('53100'), { trouble: true, refusal: true }],
  ['too many connections', error('53300'), { trouble: true, refusal: true }],
  ['a shutdown', error('57P01'), { trouble: true, refusal: false }],
  ['a start', error('57P03'), { trouble: true, refusal: false }],
  ['a refused connection', error('ECONNREFUSED'), { trouble: true, refusal: false }],
  [
    'a connection that broke',
    error(null, 'Connection terminated unexpectedly'),
    { trouble: true, refusal: false },
  ],
  [
    'a full pool',
    error(null, 'timeout exceeded when trying to connect'),
    { trouble: true, refusal: false },
  ],
  ['a statement that took too long', error('57014'), { trouble: true, refusal: true }],
  ['a lock that was not to be had', error('55P03'), { trouble: true, refusal: true }],
  ['an expired certificate', error('CERT_HAS_EXPIRED'), { trouble: true, refusal: false }],
  ['a deadlock', error('40P01'), { trouble: true, refusal: true }],
  ['a place that is taken', error('23505'), { trouble: false, refusal: true }],
  ['a wrong query', error('42601'), { trouble: false, refusal: true }],
  ['a bug', error(null, 'x is not a function'), { trouble: false, refusal: false }],
])('%s is told apart: what passes, and what was surely not done', (_name, cause, expected) => {
  expect({ trouble: isTransientError(cause), refusal: isRefusal(cause) }).toEqual(expected)
  expect(isTransactionConflict(cause)).toBe(
    cause.message === 'no' && 'code' in cause && cause.code === '40P01',
  )
})

test.each([
  ['a refused connection', error('ECONNREFUSED'), true],
  ['all connections being taken', error('53300'), true],
  ['a shutdown', error('57P01'), true],
  ['a start', error('57P03'), true],
  ['a full pool', error(null, 'timeout exceeded when trying to connect'), true],
  ['a statement that took too long', error('57014'), true],
  ['a lock that took too long', error('55P03'), true],
  ['a password that is being changed', error('28P01'), true],
  ['a pool that was closed', error(null, 'Cannot use a pool after calling end on the pool'), true],
  ['one of these, wrapped', new Error('no', { cause: error('ECONNREFUSED') }), true],
  ['a place that is taken', error('23505'), false],
  ['a wrong query', error('42601'), false],
  ['a bug', error(null, 'x is not a function'), false],
  ['nothing', null, false],
])('a call that failed by %s is told from one that is wrong', (_name, cause, expected) => {
  expect(isUnavailable(cause)).toBe(expected)
})
