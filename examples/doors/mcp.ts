// An agent that hands work over: node mcp.ts [URL]
import process from 'node:process'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'

const [url = 'http://127.0.0.1:8001'] = process.argv.slice(2)
const client = new Client({ name: 'my-agent', version: '1.0.0' })
await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`)))
// With an id of its own the start can be repeated when its answer was lost: it is done once.
const session_id = crypto.randomUUID()
const text = 'What time is it?'
await client.callTool({ name: 'session_start', arguments: { id: session_id, text } })
const { content } = await client.callTool({ name: 'session_wait', arguments: { session_id } })
console.log(JSON.stringify(content))
await client.close()
