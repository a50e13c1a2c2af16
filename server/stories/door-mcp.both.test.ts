import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { askFirst } from '../testing/ask-first.ts'
import { onEachStorage } from '../testing/each-storage.ts'
import { startAccounts } from '../testing/people.ts'

const Content = z.array(z.object({ type: z.literal('text'), text: z.string() }))

/** The official MCP client against `/mcp`. */
onEachStorage((database, openStorage) => {
  describe(`the MCP door, on ${database}`, () => {
    test('starts, follows, answers and stops sessions of whoever asks, and of nobody else (P10)', async () => {
      await using storage = await openStorage()
      const env = { AUTH_SIGNUP: 'open' }
      await using app = await startAccounts(storage, { env, tools: [askFirst] })
      const ada = await open(app.url, (await app.setUp()).token)
      const bob = await open(app.url, (await app.signUp('bob@example.com')).token)
      await expect(open(app.url, 'tl_none')).rejects.toThrow()
      const { tools } = await ada.client.listTools()
      expect(tools.map(({ name }) => name)).toEqual([
        ...['session_start', 'session_send', 'session_read', 'session_wait', 'session_answer'],
        ...['session_stop', 'sessions_search'],
      ])
      const id = '01890a5d-ac96-774b-bcce-b302099a8057'
      const started = await ada.ask('session_start', { id, text: 'Do the lighthouse work' })
      expect(started).toMatchObject({ session_id: id })
      expect(await ada.ask('session_start', { id, text: 'Do the lighthouse work' })).toEqual(
        started,
      )
      ;(await app.model.nextCall()).callTools({ name: 'ask_first', arguments: {} })
      const waiting = await ada.ask('session_wait', { session_id: id })
      expect(waiting).toMatchObject({
        status: 'waiting',
        messages: [{ role: 'user' }, { calls: [{ status: 'awaiting-approval' }] }],
      })
      const call_id = /"call_id":"([^"]+)"/.exec(JSON.stringify(waiting))?.[1]
      const refused = /^NOT_FOUND/
      expect(await bob.ask('session_read', { session_id: id })).toMatch(refused)
      expect(await bob.ask('session_wait', { session_id: id })).toMatch(refused)
      expect(await bob.ask('session_stop', { session_id: id })).toMatch(refused)
      expect(await bob.ask('session_send', { session_id: id, text: 'Hi' })).toMatch(refused)
      expect(await bob.ask('session_answer', { call_id, decision: 'deny' })).toMatch(refused)
      expect(await bob.ask('sessions_search', { query: 'lighthouse' })).toEqual([])
      await ada.ask('session_answer', { call_id, decision: 'approve' })
      const waits = ada.ask('session_wait', { session_id: id })
      const call = await app.model.nextCall()
      call.say('Done.')
      call.finish()
      const idle = await waits
      expect(idle).toMatchObject({ status: 'idle', messages: [{}, { text: 'Done.' }] })
      const { seq: after } = z.object({ seq: z.number() }).parse(idle)
      const again = await ada.ask('session_read', { session_id: id, after: after + 10 })
      expect(again).toMatchObject({ messages: [] })
      await ada.ask('session_send', { session_id: id, text: 'More' })
      await app.model.nextCall()
      expect(await ada.ask('session_stop', { session_id: id })).toEqual({ stopped: true })
      expect(await ada.ask('sessions_search', { query: 'lighthouse' })).not.toEqual([])
      await ada.client.close()
      await bob.client.close()
    })
  })
})

async function open(url: string, token: string) {
  const client = new Client({ name: 'an-agent', version: '1.0.0' })
  const requestInit = { headers: { authorization: `Bearer ${token}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit }))
  return {
    client,
    /** What a tool answered, or the text of why it did not. */
    ask: async (name: string, args: Record<string, unknown>): Promise<unknown> => {
      const result = await client.callTool({ name, arguments: args })
      const text = Content.parse(result.content)[0]?.text ?? ''
      return result.isError ? text : JSON.parse(text)
    },
  }
}
