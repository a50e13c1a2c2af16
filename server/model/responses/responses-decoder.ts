import type { Decoded, Decoder, StepRequest, WireEvent } from '../adapter.ts'
import { earlierCallIds } from '../chat/earlier-call-ids.ts'
import { arrayOf, objectOf, stringOf } from '../json.ts'
import type { JsonObject } from '../json.ts'
import type { ModelDelta, ModelFinish } from '../port.ts'
import { faultInStream } from '../failure/fault-in-stream.ts'
import { brokenOffWith, finishKind } from '../failure/finish-reasons.ts'
import { readFault } from '../failure/provider-fault.ts'
import type { ProviderFault } from '../failure/provider-fault.ts'
import { collectResponseItems } from './response-items.ts'
import type { ResponsesState } from './responses-request.ts'
import { readUsage } from '../usage.ts'

/** Decodes the events of the Responses API, and a whole response that came instead of a stream. */
export function decodeResponses({ background, step, endpoint }: StepRequest): Decoder {
  const items = collectResponseItems(earlierCallIds(step))
  let started = false
  let ended: 'completed' | 'incomplete' | null = null
  let incompleteReason = ''

  function start(response: JsonObject): ModelDelta[] {
    if (started) return []
    started = true
    return [{ type: 'start', model: stringOf(response.model) || step.model }]
  }

  /** The id of a response in the background; a server may answer that it is not in the background. */
  function kept({ id, background: said }: JsonObject): { responseId?: string } {
    const isKept = background && said !== false && stringOf(id) !== ''
    return isKept ? { responseId: stringOf(id) } : {}
  }

  /** The whole response at its end, which has everything, also what no event had. */
  function whole(response: JsonObject, status: string): Decoded {
    const deltas = start(response)
    deltas.push(...items.complete(arrayOf(response.output).map(objectOf)))
    const usage = readUsage(response.usage, 'responses', endpoint.host)
    if (usage) deltas.push({ type: 'usage', usage })
    if (status === 'completed' || status === 'incomplete') {
      ended = status
      incompleteReason = stringOf(objectOf(response.incomplete_details).reason)
      if (incompleteReason && finishKind(incompleteReason) === 'broken') {
        const message = brokenOffWith(incompleteReason)
        return { deltas, alive: true, fault: { ...faultOf(response, status), message } }
      }
      return { deltas, alive: true }
    }
    return { deltas, alive: true, fault: faultOf(response, status) }
  }

  return {
    decode({ event, data }: WireEvent): Decoded {
      const read = objectOf(data)
      const type = stringOf(read.type) || event || ''
      const response = objectOf(read.response)
      switch (type) {
        case 'response.created':
        case 'response.in_progress':
        case 'response.queued':
          return { deltas: start(response), alive: false, ...kept(response) }
        case 'response.completed':
        case 'response.incomplete':
        case 'response.failed':
        case 'response.cancelled':
          return whole(response, statusOf(response) ?? type.slice('response.'.length))
        case 'error':
          return { deltas: [], alive: false, fault: readFault(data) }
      }
      if (event === 'answer' && read.object === 'response') {
        return whole(read, stringOf(read.status) || 'completed')
      }
      const taken = items.take(type, read)
      const fault = faultInStream({ event, data }, taken !== null)
      if (fault) return { deltas: [], alive: false, fault }
      return {
        deltas: [...(taken ? start(response) : []), ...(taken ?? [])],
        alive: taken !== null,
      }
    },
    get ended() {
      return ended !== null
    },
    end() {
      if (ended === null) return []
      const deltas = items.end()
      const order = items.order()
      if (order.some(({ type }) => type === 'reasoning')) {
        const data: ResponsesState = { host: endpoint.host, order }
        deltas.push({
          type: 'provider-state',
          state: { api: 'responses', model: step.model, data },
        })
      }
      return [
        ...deltas,
        { type: 'finish', finish: finishOf(ended, incompleteReason, items.keptCalls.length) },
      ]
    },
  }
}

function finishOf(ended: 'completed' | 'incomplete', reason: string, calls: number): ModelFinish {
  if (ended === 'incomplete') {
    return finishKind(reason) === 'content-filter' ? 'content-filter' : 'length'
  }
  return calls > 0 ? 'tool-calls' : 'stop'
}

/** The event's name and the response's status may disagree; the status counts. */
function statusOf({ status }: JsonObject): string | null {
  return ENDINGS.find((one) => one === status) ?? null
}

const ENDINGS = ['completed', 'incomplete', 'failed', 'cancelled']

function faultOf(response: JsonObject, status: string): ProviderFault {
  const fault = readFault({ error: response.error ?? {} })
  return fault.message ? fault : { ...fault, message: `the answer is ${status}` }
}
