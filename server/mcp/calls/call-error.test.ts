import { ProtocolError, SdkHttpError } from '@modelcontextprotocol/client'
import { expect, test } from 'vitest'
import { CallLostError } from '../../tools/tool.ts'
import { callError, ForgottenError, TaskUnseenError } from './call-error.ts'
import { SignedOutError } from '../oauth/logins.ts'
import { CUT_OFF, UNREADABLE } from '../protocol/messages.ts'

const http = (status: number) =>
  new SdkHttpError('CLIENT_HTTP_NOT_IMPLEMENTED' as never, `HTTP ${status}`, { status } as never)
const network = (code: string) =>
  new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) })
const protocol = (code: number) => new ProtocolError(code, 'it says so')

const at = { server: 's', reason: null, isForgotten: false, hasBegun: false }
const task = { ...at, hasBegun: true }
const forgotten = { isForgotten: true }

/** `failed` claims that nothing happened, and lets the model do it again. */
test.each([
  ['the server refused it', protocol(-32_600), at, 'failed'],
  ['the task failed', protocol(-32_600), task, 'failed'],
  ['its answer could not be read', protocol(UNREADABLE), at, 'lost'],
  ['its answer was cut', protocol(CUT_OFF), task, 'lost'],
  ['a proxy let it not pass', http(429), at, 'failed'],
  ['a proxy let a look not pass', http(429), task, 'unseen'],
  ['a proxy lost it', http(502), at, 'lost'],
  ['a proxy lost a look', http(502), task, 'unseen'],
  ['nothing listens', network('ECONNREFUSED'), at, 'failed'],
  ['nothing listens any more', network('ECONNREFUSED'), task, 'unseen'],
  ['the connection broke', network('ECONNRESET'), at, 'lost'],
  ['the connection of a task broke', network('ECONNRESET'), task, 'unseen'],
  ['it ended before', new Error('closed'), { ...at, reason: 'it ended' }, 'lost'],
  ['the session is forgotten', http(404), { ...at, ...forgotten }, 'not begun'],
  ['the session of a task is forgotten', http(404), { ...task, ...forgotten }, 'unseen'],
  ['its person is signed out', new SignedOutError('s'), task, 'signed out'],
] as const)('%s: %#', (_what, error, where, meant) => {
  expect(kindOf(callError(error, where))).toBe(meant)
})

function kindOf(error: Error): string {
  if (error instanceof TaskUnseenError) return 'unseen'
  if (error instanceof CallLostError) return 'lost'
  if (error instanceof ForgottenError) return 'not begun'
  return error instanceof SignedOutError ? 'signed out' : 'failed'
}
