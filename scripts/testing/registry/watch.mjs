// Starts and ends watches with the installed client: node watch.mjs URL MODULE
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import WebSocket from 'ws'

const [url, module] = process.argv.slice(2)
const { connect, isApiError } = await import(module)
if (globalThis.window === undefined) console.log(`Node ${process.versions.node}`)

/** The number of watches that the server counts. */
async function readers() {
  const metrics = await (await fetch(`${url}/metrics`)).text()
  return Number(/^throughline_readers (\d+)/m.exec(metrics)?.[1] ?? Number.NaN)
}

async function until(what, condition) {
  const end = Date.now() + 20_000
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`it was never so: ${what} (${await readers()} readers)`)
    await sleep(20)
  }
  console.log(what)
}

const client = connect({ url, WebSocket })
const { id, seq } = await client.api.sessions.create.mutate({})
const session = client.session(id)
await session.send('Hello')
let text = ''
for await (const { event } of session.events({ after: seq })) {
  if (event.type === 'chunk') text += event.text
  if (event.type === 'end') break
}
console.log(`answered: ${text}`)
await until('the first watch has ended', async () => (await readers()) === 0)

// More than the limit per connection: each watch has to end before the last can begin.
for (let watch = 0; watch < 70; watch += 1) {
  for await (const { event } of session.events()) {
    if (event.type === 'snapshot') break
  }
}
await until('seventy watches have ended', async () => (await readers()) === 0)

const leave = session.store.subscribe(() => {})
await until('the store is live', () => session.store.getSnapshot().status === 'live')
await until('the store watches', async () => (await readers()) === 1)
leave()
await until('the store has let go', async () => (await readers()) === 0)

const refused = await client.api.sessions.get
  .query({ id: '019b0000-0000-7000-8000-000000000000' })
  .catch((error) => error)
console.log(`refused: ${isApiError(refused, 'NOT_FOUND')}`)
await client.close()
