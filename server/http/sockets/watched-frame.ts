import { jsonOf } from '../../../shared/session/event-json.ts'
import { isRecord } from '../../../shared/session/is-record.ts'

/**
 * The frame of a watched event, around the JSON that all its readers share: byte for byte what `JSON.stringify` makes
 * of tRPC's answer. Null for every other answer.
 */
export function watchedFrame({ id, jsonrpc, result }: Answer): string | null {
  if (typeof id !== 'number' || jsonrpc !== undefined || !isTracked(result)) return null
  return eventAnswer(id, result.data.id, result.data.data)
}

/** tRPC's answer with a tracked event. */
export function eventAnswer(id: number, eventId: string, event: { type: string }): string {
  const place = JSON.stringify(eventId)
  return `{"id":${id},"result":{"type":"data","data":{"id":${place},"data":${jsonOf(event)}},"id":${place}}}`
}

type Answer = { id: unknown; jsonrpc?: unknown; result?: unknown }
type Tracked = { type: 'data'; id: string; data: { id: string; data: { type: string } } }

function isTracked(result: unknown): result is Tracked {
  if (!isRecord(result) || result.type !== 'data' || typeof result.id !== 'string') return false
  const { data: tracked } = result
  return (
    isRecord(tracked) &&
    tracked.id === result.id &&
    isRecord(tracked.data) &&
    typeof tracked.data.type === 'string'
  )
}
