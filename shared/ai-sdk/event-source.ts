/** An event of a stream: the id that stands before the end of what it belongs to, and its data. */
export type StreamedEvent = { id: string | null; data: string }

/** The events of a body of server-sent events, each when it is whole. Comments are left out. */
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
