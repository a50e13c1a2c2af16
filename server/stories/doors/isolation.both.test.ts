import { expect, test } from 'vitest'
import { onEachStorage } from '../../testing/each-storage.ts'
import { openStream } from '../../testing/clients/open-connection.ts'
import { startAccounts } from '../../testing/clients/people.ts'

const said = (text: string) => ({ id: 'm1', role: 'user', parts: [{ type: 'text', text }] })

onEachStorage((database, openStorage) => {
  test(`a chat of the AI SDK is nobody’s but its own (P10, ${database})`, async () => {
    await using storage = await openStorage()
    await using app = await startAccounts(storage, { env: { AUTH_SIGNUP: 'open' } })
    const ada = await app.setUp()
    const bob = await app.signUp('bob@example.com')
    const id = crypto.randomUUID()
    const chat = (token: string, text: string) =>
      app.ask('/api/chat', { token, body: { id, messages: [said(text)] } })
    app.model.plan('The secret is red.')
    expect((await chat(ada.token, 'What is the secret?')).body).toContain('secret is red.')
    expect((await chat(bob.token, 'Let me in')).status).toBe(409)
    const stream = await app.ask(`/api/chat/${id}/stream`, { token: bob.token })
    expect(stream).toMatchObject({ status: 204, body: '' })
    const stop = { token: bob.token, method: 'POST' }
    expect((await app.ask(`/api/chat/${id}/stop`, stop)).status).toBe(404)
    const again = { id, trigger: 'regenerate-message', messages: [] }
    expect((await app.ask('/api/chat', { token: bob.token, body: again })).status).toBe(404)
    // The same id of a chat that is not a UUID means another chat for each person.
    const named = (token: string) =>
      app.ask('/api/chat', { token, body: { id: 'mine', messages: [said('Mine?')] } })
    app.model.plan('Of Ada.', 'Of Bob.')
    expect((await named(ada.token)).body).toContain('Ada.')
    expect((await named(bob.token)).body).toContain('Bob.')
    const replay = await app.ask('/api/chat/mine/stream', { token: bob.token })
    expect(replay.body).toContain('Bob.')
    expect(replay.body).not.toContain('Ada.')
  })

  test(`a stream of a door ends with the login that it came with, in the middle of an answer (P10, ${database})`, async () => {
    await using storage = await openStorage()
    await using app = await startAccounts(storage)
    const ada = await app.setUp()
    const other = await app.signIn(ada.email)
    const made = await app.ask('/v1/responses', {
      ...{ token: ada.token, body: { input: 'Go on', background: true } },
    })
    const { id: response } = made.body as { id: string }
    const call = await app.model.nextCall()
    call.say('On and ')
    const { body } = await app.ask('/api/session', { token: ada.token })
    const [session] = (body as { items: { id: string }[] }).items
    const addresses = [
      `${app.url}/api/chat/${session?.id}/stream`,
      `${app.url}/v1/responses/${response}?stream=true`,
    ]
    const open = (token: string) => Promise.all(addresses.map((one) => openStream(one, token)))
    const [mine, theirs] = [await open(ada.token), await open(other.token)]
    await app.ask('/api/auth/sign-out', { cookie: other.cookie, body: {} })
    await expect
      .poll(() => theirs.map(({ ended }) => ended), { timeout: 5_000 })
      .toEqual(['cut', 'cut'])
    expect(mine.map(({ ended }) => ended)).toEqual([null, null])
    call.say('on.')
    call.finish()
    await expect.poll(() => mine.map(({ ended }) => ended)).toEqual(['cut', 'cut'])
  })
})
