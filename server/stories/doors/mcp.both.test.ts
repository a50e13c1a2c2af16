import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { askFirst } from '../../testing/ask-first.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { restartable } from '../../testing/restartable.ts'
import { startAccounts } from '../../testing/clients/people.ts'

const Started = z.object({ session_id: z.string(), message_id: z.string() })
const Content = z.array(z.object({ type: z.literal('text'), text: z.string() }))

/** The official MCP client, connected to `/mcp`. */
onEachStorage((database, openStorage) => {
  describe(`the MCP door, on ${database}`, () => {
    test('starts, follows, answers and stops sessions of whoever asks, and of nobody else (P10)', async () => {
      await using storage = await openStorage()
      const env = { AUTH_SIGNUP: 'open' }
      await using app = await startAccounts(storage, { env, tools: [askFirst] })
      const ada = await open(app.url, (await app.setUp()).token, NEWEST)
      expect(ada.client.getNegotiatedProtocolVersion()).toBe(NEWEST)
      const bob = await open(app.url, (await app.signUp('bob@example.com')).token)
      expect(bob.client.getNegotiatedProtocolVersion()).toBe('2025-11-25')
      await expect(open(app.url, 'tl_none')).rejects.toThrow()
      await expect(open(app.url, 'tl_none', NEWEST)).rejects.toThrow()
      const { tools } = await ada.client.listTools()
      expect(tools.map(({ name }) => name)).toEqual([
        ...['session_start', 'session_send', 'session_read', 'session_wait', 'session_answer'],
        ...['session_reply', 'session_stop', 'sessions_search'],
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

    test('takes everything said again as the same, over an end of the server in between (P9, P11)', async () => {
      await using storage = await openStorage()
      await using server = await restartable(storage, { tools: [askFirst] })
      const id = '01890a5d-ac96-774b-bcce-b302099a8058'
      const message = { session_id: id, id: '01890a5d-ac96-774b-bcce-b302099a8059', text: 'More' }
      const first = await server.start()
      const before = await open(await first.listen())
      const started = await before.ask('session_start', { id, text: 'Work' })
      const sent = await before.ask('session_send', message)
      ;(await first.model.nextCall()).callTools({ name: 'ask_first', arguments: {} })
      const waiting = JSON.stringify(await before.ask('session_wait', { session_id: id }))
      const call_id = /"call_id":"([^"]+)"/.exec(waiting)?.[1]
      const run_id = /"run_id":"([^"]+)"/.exec(JSON.stringify(started))?.[1]
      await before.client.close()
      await first[Symbol.asyncDispose]()

      await using second = await server.start()
      const after = await open(await second.listen(), undefined, NEWEST)
      expect(await after.ask('session_start', { id, text: 'Work' })).toEqual(started)
      expect(await after.ask('session_start', { id, text: 'Other work' })).toMatch(/^CONFLICT/)
      expect(await after.ask('session_send', message)).toEqual(sent)
      const approve = { call_id, decision: 'approve' }
      expect(await after.ask('session_answer', approve)).toMatchObject({ call_id })
      expect(await after.ask('session_answer', approve)).toMatchObject({ call_id })
      expect(await after.ask('session_answer', { call_id, decision: 'deny' })).toMatch(/^CONFLICT/)
      const call = await second.model.nextCall()
      expect(await after.ask('session_stop', { session_id: id, run_id })).toEqual({ stopped: true })
      await new Promise<void>((resolve) => {
        if (call.signal.aborted) resolve()
        call.signal.addEventListener('abort', () => resolve())
      })
      const next = await second.model.nextCall()
      expect(await after.ask('session_stop', { session_id: id, run_id })).toEqual({
        stopped: false,
      })
      next.say('Done.')
      next.finish()
      expect(await after.ask('session_wait', { session_id: id })).toMatchObject({ status: 'idle' })
      expect(second.model.asked).toBe(2)
      await after.client.close()
    })

    test('waits for an answer that waits for its turn, until it is given or taken back (P13)', async () => {
      await using storage = await openStorage()
      await using app = await startAccounts(storage, { env: { LIMIT_RUNS_AT_ONCE: '1' } })
      const { token } = await app.setUp()
      const { ask, client } = await open(app.url, token)
      const begin = async (text: string) => Started.parse(await ask('session_start', { text }))
      const first = await begin('First')
      const call = await app.model.nextCall()
      const second = await begin('Second')
      const third = await begin('Third')
      expect(await ask('session_read', second)).toMatchObject({
        ...{ status: 'running', messages: [{ status: 'queued' }] },
      })
      const takenBack = ask('session_wait', third)
      const answered = ask('session_wait', second)
      const unqueued = { token, body: { id: third.message_id } }
      expect(await app.ask('/trpc/messages.unqueue', unqueued)).toMatchObject({ status: 200 })
      expect(await takenBack).toMatchObject({ status: 'idle', messages: [] })
      call.finish()
      const next = await app.model.nextCall()
      next.say('Two.')
      next.finish()
      expect(await answered).toMatchObject({
        ...{ status: 'idle', messages: [{ status: 'completed' }, { text: 'Two.' }] },
      })
      expect(await ask('session_wait', first)).toMatchObject({ status: 'idle' })
      await client.close()
    })

    test('makes no session for a message that cannot be sent', async () => {
      await using storage = await openStorage()
      await using server = await restartable(storage)
      await using app = await server.start()
      const { ask, client } = await open(await app.listen())
      for (const text of ['', ' ', '\0', 'x'.repeat(200_001)]) {
        expect(await ask('session_start', { text })).toMatch(/A message|expected string/)
      }
      expect((await app.caller.sessions.list({})).items).toEqual([])
      await client.close()
    })

    test('makes no session for a message that is over a limit, however often it is tried', async () => {
      await using storage = await openStorage()
      await using app = await startAccounts(storage, { env: { LIMIT_SENDS_PER_MINUTE: '1' } })
      const { ask, client } = await open(app.url, (await app.setUp()).token)
      const { session_id } = Started.parse(await ask('session_start', { text: 'First' }))
      for (const text of ['Second', 'Third']) {
        expect(await ask('session_start', { text })).toMatch(/^TOO_MANY_REQUESTS/)
      }
      const left = await app.services.database.db.selectFrom('sessions').select('id').execute()
      expect(left).toEqual([{ id: session_id }])
      await client.close()
    })
  })
})

const NEWEST = '2026-07-28'

/** @param pin the only revision that the client speaks; absent for the older ones, which begin with a handshake */
async function open(url: string, token?: string, pin?: string) {
  const client = new Client(
    { name: 'an-agent', version: '1.0.0' },
    { versionNegotiation: { mode: pin ? { pin } : 'legacy' } },
  )
  const requestInit = token ? { headers: { authorization: `Bearer ${token}` } } : {}
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit }))
  return {
    client,
    /** The output of a tool, or the text of its error. */
    ask: async (name: string, args: Record<string, unknown>): Promise<unknown> => {
      const result = await client.callTool({ name, arguments: args })
      const text = Content.parse(result.content)[0]?.text ?? ''
      return result.isError ? text : JSON.parse(text)
    },
  }
}
