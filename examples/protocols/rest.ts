// Asks over REST and waits for the answer: node rest.ts [URL] [QUESTION]
import process from 'node:process'
import type { Message, Session } from 'throughline/contract'

const [url = 'http://127.0.0.1:8001', question = 'Who am I?'] = process.argv.slice(2)

// With ids of your own each request can be repeated when its answer was lost: it is done once.
const session = crypto.randomUUID()
const message = crypto.randomUUID()
await call('POST', '/api/session', { id: session, title: 'From a script' })
await call('POST', `/api/session/${session}/messages`, { id: message, text: question })
const read = () => call<Session & { messages: Message[] }>('GET', `/api/session/${session}`)
let state = await read()
while (state.running) {
  await new Promise((resolve) => setTimeout(resolve, 200))
  state = await read()
}
for (const part of state.messages.at(-1)?.parts ?? []) {
  if (part.type === 'text') process.stdout.write(part.text)
  if (part.type === 'tool') process.stdout.write(`[${part.call.name}: ${part.call.status}] `)
}
console.log()

async function call<Answer>(method: string, path: string, body?: object): Promise<Answer> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url + path, { method, headers, body: JSON.stringify(body) })
  const answer = await response.json()
  // Every error is { message, code }, and names the fields that were wrong in `issues`.
  if (!response.ok) throw new Error(`${response.status} ${answer.code}: ${answer.message}`)
  return answer
}
