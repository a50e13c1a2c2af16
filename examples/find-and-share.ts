// Finds what was said, shares it, and counts what it took: node find-and-share.ts quay
import process from 'node:process'
import { connect } from 'throughline/client'

const [query = 'quay', url = 'http://127.0.0.1:8001'] = process.argv.slice(2)
await using client = connect({ url })
const { sessions, shares, usage } = client.api

// The best first: the session, the message to go to, and plain text around the words.
const [hit] = await sessions.search.query({ query, limit: 1 })
if (!hit) throw new Error(`Nobody spoke of ${query}`)
const marked = hit.highlights.map(({ start, end }) => hit.snippet.slice(start, end))
console.log(hit.title, hit.messageId !== null, marked)

// The active branch as it is now. Whoever has the token reads it, without signing in, at /share/TOKEN in the web app.
const { token } = await shares.create.mutate({ sessionId: hit.sessionId })
const shared = await fetch(`${url}/api/share/${token}`)
const { messages }: { messages: unknown[] } = JSON.parse(await shared.text())
console.log(`${messages.length} messages shared`)
await shares.revoke.mutate({ token })
console.log((await fetch(`${url}/api/share/${token}`)).status)

// By model and in all, or by the days of a time zone. A cost that is not known is null.
const { total } = await usage.summary.query({ sessionId: hit.sessionId })
console.log(total.runs, total.inputTokens, total.outputTokens, total.costUsd)
const from = new Date(Date.now() - 7 * 86_400_000).toISOString()
const days = await usage.daily.query({ from, timeZone: 'Europe/Berlin' })
console.log(days.map(({ model, runs }) => `${model}: ${runs}`))
