// Asks once and prints the answer as it comes: node node-script.ts "What is the uptime?"
import process from 'node:process'
import { connect } from 'throughline/client'

const [question = 'What is the uptime?', url = 'http://127.0.0.1:8001'] = process.argv.slice(2)

await using client = connect({ url })
const { id, seq } = await client.api.sessions.create.mutate({})
const session = client.session(id)
await session.send(question)

// From the session's beginning, through dropped connections and restarts of the server: no event is missed or twice.
for await (const { event } of session.events({ after: seq })) {
  if (event.type === 'chunk') process.stdout.write(event.text)
  if (event.type === 'tool' && event.call.name === 'get_system_metrics') {
    const { output } = event.call
    if (output?.metric_type === 'uptime') console.log(`[up for ${output.system_seconds} s]`)
  }
  if (event.type === 'end') break
}
console.log()
