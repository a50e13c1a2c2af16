// Watches a session over server-sent events and prints its answer, also across dropped connections:
// node events.ts [URL] [QUESTION]. In a browser `new EventSource(address)` does what `watch` does here.
import process from 'node:process'
import type { SessionEvent } from 'throughline/contract'

/** An answer of the server's that trying again does not change. */
class Refused extends Error {}

const [url = 'http://127.0.0.1:8001', question = 'Who am I?'] = process.argv.slice(2)
const { id } = await post('/api/session', {})
await post(`/api/session/${id}/messages`, { text: question })

const parts: string[] = []
for await (const { seq, event } of watch(id, '0')) {
  console.error(seq, event.type)
  if (event.type === 'start') {
    const kept = event.message.parts.map((part) => (part.type === 'text' ? part.text : ''))
    parts.splice(0, parts.length, ...kept)
  } else if (event.type === 'chunk' && event.kind === 'text') {
    parts[event.part] = (parts[event.part] ?? '').slice(0, event.offset) + event.text
  } else if (event.type === 'end') {
    console.log(parts.join(''))
    process.exit(event.outcome === 'completed' ? 0 : 1)
  }
}

/** All events right after `after`, for ever. */
async function* watch(session: string, after: string) {
  const input = encodeURIComponent(JSON.stringify({ id: session }))
  for (;;) {
    try {
      const headers = { 'last-event-id': after }
      const response = await fetch(`${url}/trpc/sessions.watch?input=${input}`, { headers })
      for await (const { kind, data, seq } of parse(response)) {
        if (kind === 'serialized-error') throw failure(JSON.parse(data).data.httpStatus, data)
        if (seq === null) continue
        // Part of a long event: the log cannot continue from a seq between two whole numbers.
        if (!seq.includes('.')) after = seq
        const event: SessionEvent = JSON.parse(data)
        yield { seq, event }
      }
    } catch (error) {
      if (error instanceof Refused) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

/** The server-sent events of an answer; throws when the connection breaks. */
async function* parse(response: Response) {
  if (response.status !== 200) throw failure(response.status, await response.text())
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let unread = ''
  let event = { kind: 'message', data: '', seq: null as string | null }
  for (;;) {
    const piece = await reader?.read()
    if (!piece || piece.done) return
    const lines = (unread + piece.value).split('\n')
    unread = lines.pop() ?? ''
    for (const line of lines) {
      const [, field, value = ''] = /^(\w*)(?:: ?(.*))?$/.exec(line) ?? []
      if (field === 'event') event.kind = value
      if (field === 'data') event.data += value
      if (field === 'id') event.seq = value
      if (line !== '') continue
      if (event.data !== '') yield event
      event = { kind: 'message', data: '', seq: null }
    }
  }
}

/** 429 and 503 pass: the server is busy, restarting, or its database is away. */
function failure(status: number, text: string): Error {
  return status === 429 || status === 503 ? new Error(text) : new Refused(text)
}

async function post(path: string, body: object): Promise<{ id: string }> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })
  if (!response.ok) throw new Refused(await response.text())
  return await response.json()
}
