import { EventSourceParserStream } from 'eventsource-parser/stream'
import type { Id, Messages } from './messages.ts'

/**
 * An answer over HTTP, as one whose messages the client library can read.
 *
 * @param own the request that it answers; null when that was none
 */
export async function readableAnswer(
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
  // What stays is a refusal, or a word of thanks: no answer comes any more, but for one over another stream.
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
          // One that numbered its events can be asked for the rest; of any other nothing more comes.
          const message = canGoOn ? null : messages.cutOff(own)
          if (message) controller.enqueue(`data: ${JSON.stringify(message)}\n\n`)
        },
      }),
    )
    .pipeThrough(new TextEncoderStream())
}

/** As it came where it is no message: then the client library says what it thinks of it. */
function readable(text: string, messages: Messages, own: Id | null): string[] {
  try {
    return messages.read(text, own).map((message) => JSON.stringify(message))
  } catch {
    return [text]
  }
}

function like({ status, statusText, headers }: Response, body: BodyInit): Response {
  const kept = new Headers(headers)
  // Of the body that came.
  kept.delete('content-length')
  kept.delete('content-encoding')
  return new Response(body, { status, statusText, headers: kept })
}
