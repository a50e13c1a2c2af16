import { expect, test } from 'vitest'
import { connect } from '../../../shared/client/index.ts'
import { newId } from '../../../shared/contract/new-id.ts'
import { SessionId } from '../../../shared/contract/ids.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { sign, startIssuer } from '../../testing/services/issuer.ts'
import { connections } from '../../testing/clients/open-connection.ts'
import { startAccounts } from '../../testing/clients/people.ts'
import type { PeopleApp } from '../../testing/clients/people.ts'
import { connectPlain } from '../../testing/clients/plain-client.ts'

/** The kinds of logins, each with a function that gets its token. */
const logins: Record<
  string,
  (app: PeopleApp, issuer: Awaited<ReturnType<typeof startIssuer>>) => Promise<string>
> = {
  'a login': async (app) => (await app.signUp('bob@example.com')).token,
  'a key': async (app) => (await app.beKey(await app.signUp('bob@example.com'))).token,
  'a guest': async (app) => (await app.beGuest()).token,
  'a token of a Supabase project': async (_, issuer) =>
    sign(
      {
        ...{ iss: issuer.issuer, aud: 'authenticated', sub: 'u-1', role: 'authenticated' },
        ...{ exp: Math.floor(Date.now() / 1000) + 600, email: 'bob@example.com' },
      },
      await issuer.addKey('one'),
    ),
}

onEachStorage((database, openStorage) => {
  test(`an issuer that does not answer signs nobody out (${database})`, async () => {
    await using issuer = await startIssuer()
    await using storage = await openStorage()
    await using app = await startAccounts(storage, { env: { SUPABASE_URL: issuer.url } })
    const token = (await logins['a token of a Supabase project']?.(app, issuer)) ?? ''
    issuer.leave()
    expect(await app.ask('/api/me', { token })).toMatchObject({
      ...{ status: 503, body: { code: 'SERVICE_UNAVAILABLE' } },
    })
    const socket = await connections['a plain socket']?.(app.url, token, newId())
    await expect.poll(() => socket?.ended).toBe(1013)
  })

  test.each(Object.keys(logins))(
    `%s drives a conversation over the SDK, plain HTTP and a plain socket (P10, ${database})`,
    async (name) => {
      await using issuer = await startIssuer()
      await using storage = await openStorage()
      const env = {
        ...{ AUTH_SIGNUP: 'open', AUTH_GUESTS: 'true' },
        SUPABASE_URL: issuer.url,
      }
      await using app = await startAccounts(storage, { env })
      await app.setUp()
      const token = (await logins[name]?.(app, issuer)) ?? ''
      app.model.plan('First.', 'Second.', 'Third.')
      const id = SessionId.parse(newId())

      await using client = connect({ url: app.url, token })
      await client.api.sessions.create.mutate({ id, title: 'A talk' })
      const session = client.session(id)
      const leave = session.store.subscribe(() => undefined)
      const socket = connectPlain(
        `${app.url.replace('http', 'ws')}/ws/session/${id}?token=${token}`,
      )
      await socket.until(({ type }) => type === 'system')
      await session.send('By the SDK')
      await socket.until(({ content }) => content === 'First.')

      const sent = await app.ask(`/api/session/${id}/messages`, {
        token,
        body: { text: 'By HTTP' },
      })
      expect(sent.status).toBe(200)
      // An address stands in logs and histories: over HTTP nobody is known by it.
      expect((await app.ask(`/api/session/${id}?token=${token}`)).status).toBe(401)
      await socket.until(({ content }) => content === 'Second.')

      socket.send('By the socket')
      await socket.until(({ content }) => content === 'Third.')
      await socket.drop()

      const said = ['By the SDK', 'First.', 'By HTTP', 'Second.', 'By the socket', 'Third.']
      const shown = () => session.store.getSnapshot().state?.messages.map(textOf)
      await expect.poll(shown).toEqual(said)
      leave()
      const { body } = await app.ask(`/api/session/${id}`, { token })
      expect((body as { messages: Parameters<typeof textOf>[0][] }).messages.map(textOf)).toEqual(
        said,
      )
      // Another person sees none of it.
      const other = await app.signUp('eve@example.com')
      expect((await app.ask(`/api/session/${id}`, { token: other.token })).status).toBe(404)
    },
  )
})

function textOf({ parts }: { parts: readonly { type: string; text?: string }[] }): string {
  return parts.map(({ text }) => text ?? '').join('')
}
