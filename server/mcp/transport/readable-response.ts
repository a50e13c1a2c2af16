import { EventSourceParserStream } from 'eventsource-parser/stream'
import type { Id, Messages } from '../protocol/messages.ts'

/**
 * Turns an HTTP response into one whose messages the client library can read.
 * @param own the request that it answers; null when there is none
 */
export async function readableResponse(
  response: Response,
  messages: Messages,
  own: Id | null,
): Promise<Response> {
  const { body, ok, headers } = response
  const type = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (ok && body && type === 'text/event-stream') {
    return like(response, readableEvents(body, messages, own))
  }
  if (ok && body && type === 'application/json' && own !== null) {
    const [read = '', ...more] = readable(await response.text(), messages, own)
    return like(response, more.length === 0 ? read : `[${[read, ...more].join(',')}]`)
  }
  // This response carries no answer. After a success the answer may still come over another stream; after an error it
  // never does.
  if (!ok) messages.forget(own)
  return response
}

function readableEvents(
  body: ReadableStream<BufferSource>,
  messages: Messages,
  own: Id | null,
): ReadableStream {
  let retry: number | null = null
  let canGoOn = false
  return body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream({ onRetry: (milliseconds) => (retry = milliseconds) }))
    .pipeThrough(
      new TransformStream({
        transform({ id, event, data }, controller) {
          canGoOn ||= Boolean(id)
          const isMessage = data.trim() !== '' && (!event || event === 'message')
          const head = [
            ...(retry === null ? [] : [`retry: ${retry}`]),
            ...(id === undefined ? [] : [`id: ${id}`]),
            ...(event ? [`event: ${event}`] : []),
          ]
          retry = null
          for (const text of isMessage ? readable(data, messages, own) : [data]) {
            const lines = [...head, ...text.split('\n').map((one) => `data: ${one}`)]
            controller.enqueue(`${lines.join('\n')}\n\n`)
          }
        },
        flush(controller) {
          // If the events have ids, the client can resume the stream; otherwise nothing more comes.
          const message = canGoOn ? null : messages.cutOff(own)
          if (message) controller.enqueue(`data: ${JSON.stringify(message)}\n\n`)
        },
      }),
    )
    .pipeThrough(new TextEncoderStream())
}

/** A text that is not a message is passed on unchanged; the client library reports it. */
function readable(text: string, messages: Messages, own: Id | null): string[] {
  try {
    return messages.read(text, own).map((message) => JSON.stringify(message))
  } catch {
    return [text]
  }
}

function like({ status, statusText, headers }: Response, body: BodyInit): Response {
  const kept = new Headers(headers)
  // These headers describe the original body.
  kept.delete('content-length')
  kept.delete('content-encoding')
  return new Response(body, { status, statusText, headers: kept })
}
