import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

const ids = new WeakMap<IncomingMessage, string>()

/** An id that a proxy gave is kept, so that its log and ours say the same. Words are none. */
const GIVEN = /^[0-9A-Za-z_-]{8,64}$/

/** Gives a request the id by which the log knows it. */
export function giveRequestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id']
  const id = typeof given === 'string' && GIVEN.test(given) ? given : randomUUID()
  ids.set(request, id)
  return id
}

/** The id of a request; of a socket there is none, for its calls have their own. */
export function requestIdOf(request: IncomingMessage): string | undefined {
  return ids.get(request)
}
