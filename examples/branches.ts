// Asks, asks otherwise, has it answered anew, and goes back: node branches.ts
import process from 'node:process'
import { connect } from 'throughline/client'
import type { AppMessage } from 'throughline/client'
import { newId } from 'throughline/contract'

await using client = connect({ url: process.argv[2] ?? 'http://127.0.0.1:8001' })
const { messages, sessions } = client.api
const { id: sessionId } = await sessions.create.mutate({ title: 'Names' })
const session = client.session(sessionId)

const { messageId: question } = await session.send('Name a colour')
await show()
// An edit is a message beside the one it edits, and is answered. Under `newId` a lost connection cannot double it.
await messages.edit.mutate({ id: question, newId: newId(), text: 'Name a shape' })
const [edited, answer] = await show()
// So is a new answer, perhaps of another model: `model`.
if (answer) await messages.regenerate.mutate({ id: answer.id, newId: newId() })
await show()
// Every version stays, with its whole branch below it: what leads there is in `siblings`.
console.log(edited?.siblings.previous === question)
await messages.select.mutate({ id: question })
const [, last] = await show()

// A snapshot has the newest messages; older ones come page by page, oldest first.
const page = await messages.list.query({ sessionId, before: last?.id, limit: 50 })
console.log(page.messages.length, page.hasOlder)

/** Prints the active branch once nothing is being written. */
async function show(): Promise<readonly AppMessage[]> {
  for await (const { event } of session.events()) {
    if (event.type === 'end' || (event.type === 'snapshot' && !event.session.running)) break
  }
  const branch = (await messages.list.query({ sessionId })).messages
  console.log(branch.map(textOf).join(' → '))
  return branch
}

function textOf({ parts }: AppMessage): string {
  return parts.map((part) => ('text' in part ? part.text : '')).join('')
}
