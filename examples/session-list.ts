// Follows the list of sessions, talks in one, leaves it, and waits for its summary: node session-list.ts
import process from 'node:process'
import { connect } from 'throughline/client'
import { newId } from 'throughline/contract'

await using client = connect({ url: process.argv[2] ?? 'http://127.0.0.1:8001' })
const { sessions } = client.api
const id = newId()
let onSummary = (): void => {}
const summarised = new Promise<void>((resolve) => {
  onSummary = resolve
})

const changes = sessions.changes.subscribe(undefined, {
  // Also after each lost connection: what changed meanwhile is in the list, and nowhere else.
  onStarted: () => void showList(),
  onData(change) {
    if (change.type === 'deleted' || change.session.id !== id) return
    const { title, status, running, summary } = change.session
    console.log([title, status, running && 'answering', summary].filter(Boolean).join(' · '))
    if (summary) onSummary()
  },
})

await sessions.create.mutate({ id })
await client.session(id).send('What is a quay?')
// Following a session's events makes this client one of its readers, until the loop ends.
for await (const { event } of client.session(id).events()) {
  if (event.type === 'end' || (event.type === 'snapshot' && !event.session.running)) break
}
// That was the last reader: after SESSION_GRACE_SECONDS the session closes, and its summary is written.
await summarised
changes.unsubscribe()

async function showList(): Promise<void> {
  const { items } = await sessions.list.query({ limit: 50 })
  console.log(`${items.length} sessions`)
}
