import { TRPCClientError } from '@trpc/client'
import { describe, expect, test } from 'vitest'
import {
  CallTimeoutError,
  ClientClosedError,
  absenceIn,
  isApiError,
  isConnectionLost,
  isOutage,
  isTimeout,
  mayPass,
  toSessionError,
} from './errors.ts'

/** The error that tRPC's client throws for a refusal of the server. */
function refusedWith(code: string, more: object = {}) {
  return TRPCClientError.from({
    error: { code: -32_000, message: `refused with ${code}`, data: { code, ...more } },
  } as never)
}

/** The error that it throws when its link fails. */
function failedWith(cause: unknown) {
  return TRPCClientError.from(cause as Error)
}

/** The error of `ws` and browsers for a socket that was closed. */
function closedWith(code: number) {
  return Object.assign(new Error('WebSocket closed'), { code })
}

describe('a call that the server refused', () => {
  test.each(['BAD_REQUEST', 'NOT_FOUND', 'CONFLICT', 'FORBIDDEN'])('with %s is final', (code) => {
    const error = refusedWith(code)
    expect(toSessionError(error)).toEqual({ code, message: `refused with ${code}` })
    expect([mayPass(error), isOutage(error), isConnectionLost(error)]).toEqual([
      false,
      false,
      false,
    ])
    expect(isApiError(error)).toBe(true)
    expect(isApiError(error, 'BAD_REQUEST')).toBe(code === 'BAD_REQUEST')
  })

  test.each(['INTERNAL_SERVER_ERROR', 'TIMEOUT', 'TOO_MANY_REQUESTS', 'CLIENT_CLOSED_REQUEST'])(
    'with %s may pass, and is no outage',
    (code) => {
      expect([mayPass(refusedWith(code)), isOutage(refusedWith(code))]).toEqual([true, false])
    },
  )

  test.each(['BAD_GATEWAY', 'GATEWAY_TIMEOUT', 'SERVICE_UNAVAILABLE'])(
    'with %s met an outage',
    (code) => {
      expect([mayPass(refusedWith(code)), isOutage(refusedWith(code))]).toEqual([true, true])
    },
  )

  test('says that the database is away only where the server does', () => {
    expect(absenceIn(refusedWith('SERVICE_UNAVAILABLE', { reason: 'database' }))).toBe('database')
    expect(absenceIn(refusedWith('SERVICE_UNAVAILABLE', { reason: 'tools' }))).toBeNull()
    expect(absenceIn(refusedWith('SERVICE_UNAVAILABLE'))).toBeNull()
    expect(absenceIn(failedWith(new Error('database')))).toBeNull()
  })
})

describe('a call that was not answered', () => {
  test.each([
    ['timed out', new CallTimeoutError(1_500), 'TIMEOUT', 'The server did not answer within 1.5 s'],
    ['met a closed client', new ClientClosedError(), 'CLIENT_CLOSED', 'The client is closed'],
    ['is too large', closedWith(1009), 'PAYLOAD_TOO_LARGE', 'This is too large to be sent'],
    [
      'was cut',
      closedWith(1006),
      'CONNECTION_LOST',
      expect.stringMatching(/^The connection broke/),
    ],
    ['is no JSON', new TypeError('a cycle'), 'CLIENT_ERROR', 'a cycle'],
  ])('because it %s says so', (_, cause, code, message) => {
    const error = failedWith(cause)
    expect(toSessionError(error)).toEqual({ code, message })
    expect(isConnectionLost(error)).toBe(code === 'CONNECTION_LOST')
    expect(isTimeout(error)).toBe(code === 'TIMEOUT')
    expect([isApiError(error), mayPass(error), isOutage(error)]).toEqual([false, false, false])
  })

  test('because of an error that is none of tRPC’s says what that says', () => {
    expect(toSessionError(new ClientClosedError())).toMatchObject({ code: 'CLIENT_CLOSED' })
    expect(toSessionError(new Error('odd'))).toEqual({ code: 'CLIENT_ERROR', message: 'odd' })
    expect(toSessionError('odd')).toEqual({ code: 'CLIENT_ERROR', message: 'odd' })
    expect(isConnectionLost(new Error('odd'))).toBe(false)
  })
})
