import { setTimeout as delay } from 'node:timers/promises'
import type { Client, RequestOptions } from '@modelcontextprotocol/client'
import { z } from 'zod'
import { CallLostError } from '../../tools/tool.ts'
import type { Askable, Asking } from './asking.ts'
import { CallResult } from './call-result.ts'
import { AsSent } from '../protocol/as-sent.ts'

/** The most repetitions of a call whose result requests input, and the pause before one that requests nothing. */
const MAX_ROUNDS = 20
const PAUSE_MS = 250

/** A result that is none yet: the server wants something of the person first. */
const Wanted = z.object({
  resultType: z.literal('input_required'),
  inputRequests: z.record(z.string(), z.unknown()).default({}),
  /** The server's own state, which is sent back to it unchanged. */
  requestState: z.string().optional(),
})

type Request = { method: 'tools/call'; params: Record<string, unknown> }

/**
 * Makes a call, and repeats it with the answers to the questions in its result until there are none (protocol revision
 * 2026-07-28). The person of the call is known here, so questions reach the right person over any kind of connection.
 */
export async function untilDone(
  client: Pick<Client, 'request'>,
  asking: Pick<Asking, 'fulfil'>,
  request: Request,
  call: Askable,
  options: RequestOptions,
): Promise<CallResult> {
  let { params } = request
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const by = { ...options, allowInputRequired: true }
    const result = await client.request({ ...request, params }, AsSent, by)
    const wanted = Wanted.safeParse(result).data
    if (!wanted) return CallResult.parse(result)
    const { inputRequests, requestState } = wanted
    const inputResponses = await asking.fulfil(inputRequests, call)
    const isAsked = Object.keys(inputResponses).length > 0
    if (!isAsked) await delay(PAUSE_MS, undefined, { signal: call.signal })
    params = {
      ...request.params,
      ...(isAsked && { inputResponses }),
      ...(requestState !== undefined && { requestState }),
    }
  }
  throw new CallLostError(`The call asked for something more than ${MAX_ROUNDS} times.`)
}
