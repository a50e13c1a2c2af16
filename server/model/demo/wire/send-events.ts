import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { pause, systemClock } from '../../clock.ts'
import type { WireMessage } from './wire.ts'

/** Sends the events, with the tokens at their pace, until the client closes the connection. */
export async function sendEvents(
  response: ServerResponse,
  events: Iterable<WireMessage>,
  tokensPerSecond: number,
): Promise<void> {
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
  })
  const began = performance.now()
  let tokens = 0
  for (const { event, data, paced } of events) {
    if (paced) {
      tokens += 1
      // The pace is counted from the beginning, not from the last token, so that a late timer is made up for.
      const early = began + (tokens * 1000) / tokensPerSecond - performance.now()
      if (early > 1) await pause(systemClock, early, gone.signal)
    }
    if (gone.signal.aborted) return
    const text = data === '[DONE]' ? data : JSON.stringify(data)
    const flowing = response.write(`${event ? `event: ${event}\n` : ''}data: ${text}\n\n`)
    if (!flowing) await once(response, 'drain', { signal: gone.signal }).catch(() => undefined)
  }
  response.end()
}
