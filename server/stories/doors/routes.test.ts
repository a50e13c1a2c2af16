import { expect, test } from 'vitest'
import { memoryStorage } from '../../testing/app.ts'
import { startAccounts } from '../../testing/clients/people.ts'

/** All routes of the other protocols. The stories of each protocol check whose data they return (P10). */
const routes = [
  ...['POST /v1/responses', 'GET /v1/responses/:id', 'DELETE /v1/responses/:id'],
  ...['POST /v1/responses/:id/cancel', 'GET /v1/responses/:id/input_items'],
  ...['POST /v1/responses/input_tokens', 'POST /v1/responses/compact'],
  ...['POST /v1/conversations', 'GET /v1/conversations/:id', 'DELETE /v1/conversations/:id'],
  ...['POST /v1/conversations/:id', 'GET /v1/conversations/:id/items/x'],
  ...['POST /v1/conversations/:id/items', 'DELETE /v1/conversations/:id/items/x'],
  ...['GET /v1/conversations/:id/items', 'POST /v1/chat/completions', 'GET /v1/models'],
  ...['GET /v1/models/x', 'POST /api/chat', 'GET /api/chat/:id/stream', 'POST /api/chat/:id/stop'],
  ...['GET /mcp', 'POST /mcp', 'DELETE /mcp'],
]

test('no route of a door answers somebody who is not signed in, nor a foreign page (P10)', async () => {
  await using storage = await memoryStorage()
  await using app = await startAccounts(storage)
  for (const route of routes) {
    const [method = '', path = ''] = route.split(' ')
    const id = path.startsWith('/v1/responses')
      ? `resp_${'0'.repeat(32)}`
      : `conv_${'0'.repeat(32)}`
    const address = path.replace(':id', id)
    const isPost = method === 'POST'
    const ask = (headers: Record<string, string>) =>
      app.ask(address, { method, headers, ...(isPost && { body: { id: 'x', messages: [] } }) })
    expect((await ask({})).status, route).toBe(401)
    expect((await ask({ authorization: 'Bearer tl_made-up' })).status, route).toBe(401)
    expect((await ask({ origin: 'https://elsewhere.example' })).status, route).toBe(403)
  }
})
