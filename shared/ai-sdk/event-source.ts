/** An event of a stream: its data, and its id if it has one. */
export type StreamedEvent = { id: string | null; data: string }

/** The server-sent events of a body, each when it is complete, without comments. */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<StreamedEvent, void, void> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      text += decoder.decode(value, { stream: true })
      const events = text.split('\n\n')
      text = events.pop() ?? ''
      for (const event of events) {
        const data = fieldOf(event, 'data')
        if (data !== null) yield { id: fieldOf(event, 'id'), data }
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

function fieldOf(event: string, name: string): string | null {
  const line = event.split('\n').find((one) => one.startsWith(`${name}: `))
  return line === undefined ? null : line.slice(name.length + 2)
}
