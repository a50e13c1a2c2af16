import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { LOCAL_OWNER } from '../../auth/local-owner.ts'
import { McpLogins } from '../../mcp/oauth/logins.ts'
import { createSealing } from '../../mcp/oauth/sealing.ts'
import { startMcpServers } from '../../mcp/servers.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { callTool, mcpTimeouts, SECRET, startMcpSignIn } from '../../testing/mcp-sign-in.ts'
import type { Person } from '../../testing/clients/people.ts'

const PATIENT = { timeout: 30_000 }

const notGiven = () => {
  throw new Error('no file is expected')
}

/** Signing in to MCP servers by OAuth. */
onEachStorage((database, openStorage) => {
  const start = startMcpSignIn.bind(null, openStorage)

  describe(`an MCP server to which people sign in, on ${database}`, () => {
    test('is each person’s own: tools, calls, and no secret of theirs anywhere (P10)', async () => {
      await using world = await start()
      const { app, remote, ada, bob } = world
      expect(await world.serverOf(ada)).toMatchObject({
        ...{ name: 'remote', status: 'signed-out', signIn: '/api/mcp/sign-in/remote' },
      })
      await world.signIn(ada, 'ada-there')
      await expect.poll(() => world.toolsOf(ada), PATIENT).toContain('remote__plain')
      expect(await world.serverOf(ada)).toMatchObject({ status: 'connected' })
      expect(await world.serverOf(bob)).toMatchObject({ status: 'signed-out' })
      expect(await world.toolsOf(bob)).not.toContain('remote__plain')

      const mine = await callTool(world, ada, 'remote__plain')
      expect(mine.offered).toContain('remote__plain')
      ;(await app.model.nextCall()).finish()
      await world.signIn(bob, 'bob-there')
      const other = await callTool(world, bob, 'remote__plain')
      expect(other.offered).toContain('remote__plain')
      ;(await app.model.nextCall()).finish()
      expect(remote.notes.filter((note) => note.startsWith('for'))).toEqual([
        ...['for ada-there', 'for bob-there'],
      ])
      // The server registers one client for all people.
      expect(remote.counts.registered).toBe(1)

      await expect.poll(mine.read, PATIENT).toContain('completed')
      const rows = await app.services.database.db
        .selectFrom('mcp_logins')
        .select('sealed')
        .execute()
      const everywhere = [
        ...[world.logged.join(''), JSON.stringify(rows)],
        ...[await mine.read(), await other.read()],
      ].join('\n')
      expect(everywhere.length).toBeGreaterThan(1000)
      for (const secret of remote.secrets()) expect(everywhere).not.toContain(secret)
    })

    test('is described to each as it describes itself to them, and asks by what it is for them (P10, P11)', async () => {
      const plain = {
        'ada-there': { description: 'Of Ada' },
        'bob-there': { description: 'Of Bob', annotations: {} },
      }
      await using world = await start({ mischief: { plain } }, 'writes')
      const { app, remote, ada, bob } = world
      await world.signIn(ada, 'ada-there')
      await expect.poll(() => world.toolsOf(ada), PATIENT).toContain('remote__plain')
      await world.signIn(bob, 'bob-there')
      await expect.poll(() => world.toolsOf(bob), PATIENT).toContain('remote__plain')
      const described = async ({ token }: Person) =>
        JSON.stringify((await app.ask('/api/tools', { token })).body)
      expect(await described(bob)).toContain('Of Bob')
      expect(await described(bob)).not.toContain('Of Ada')
      expect(await described(ada)).not.toContain('Of Bob')

      // For Ada the tool is read-only; for Bob it may do anything.
      const reads = await callTool(world, ada, 'remote__plain')
      ;(await app.model.nextCall()).finish()
      await expect.poll(reads.read, PATIENT).toContain('"completed"')
      const writes = await callTool(world, bob, 'remote__plain')
      await expect.poll(writes.read, PATIENT).toContain('awaiting-approval')
      expect(JSON.stringify(writes.tools)).not.toContain('Of Ada')
      expect(remote.notes.filter((note) => note.startsWith('for'))).toEqual(['for ada-there'])
      // A person who is not signed in there does not see its tools in an error either.
      const eve = await callTool(world, await app.signUp('eve@example.com'), 'remote__plain')
      const told = await app.model.nextCall()
      expect(told.step.messages.at(-1)).toMatchObject({ failed: true })
      expect(JSON.stringify(told.step.messages)).not.toContain('remote__look')
      told.finish()
      expect(eve.offered).not.toContain('remote__plain')
    })

    test('takes an answer once, of whoever began, with their state, from its own issuer', async () => {
      await using world = await start()
      const { remote, ada, bob, end } = world
      const back = remote.approve(await world.begin(ada))
      const changed = new URL(back)
      changed.searchParams.set('state', 'another')
      expect(await end(ada, changed)).toMatchObject({ problem: expect.stringContaining('over') })
      // Bob opens the address to which Ada was to come back.
      expect(await end(bob, back)).toMatchObject({ problem: expect.stringContaining('over') })
      expect(await world.serverOf(bob)).toMatchObject({ status: 'signed-out' })
      expect(await end(ada, back)).toEqual({ server: 'remote' })
      expect(await end(ada, back)).toMatchObject({ problem: expect.stringContaining('over') })

      // The response claims to be from another authorization server.
      remote.mischief.iss = 'https://evil.example'
      const mixed = remote.approve(await world.begin(bob))
      expect(await end(bob, mixed)).toMatchObject({ server: 'remote', problem: expect.anything() })
      const refused = await world.begin(bob)
      const wrong = new URL(refused.searchParams.get('redirect_uri') ?? '')
      wrong.search = new URLSearchParams({
        ...{ error: 'access_denied', state: refused.searchParams.get('state') ?? '' },
        ...{ error_description: '<b>call 555</b>', return: 'https://evil.example' },
      }).toString()
      expect(await end(bob, wrong)).toEqual({
        ...{ server: 'remote', problem: 'The authorization server refused (access_denied).' },
      })
      // Without a login here this is refused; a code of one person is of no use to another.
      expect((await world.app.ask('/api/mcp/callback?code=1&state=2')).status).toBe(401)
      expect(await world.serverOf(bob)).toMatchObject({ status: 'signed-out' })
    })

    test('is sent nothing where its metadata lies about who it is, or where tokens are got', async () => {
      await using world = await start({ mischief: { tokenEndpoint: 'http://192.0.2.1/token' } })
      const { remote, ada, end } = world
      const back = remote.approve(await world.begin(ada))
      expect(await end(ada, back)).toMatchObject({ problem: expect.anything() })
      remote.mischief.issuer = 'https://evil.example'
      const { headers } = await world.app.ask('/api/mcp/sign-in/remote', { cookie: ada.cookie })
      expect(headers.get('location')).toContain('problem')
      expect(await world.serverOf(ada)).toMatchObject({ status: 'signed-out' })
    })

    test('is used as who somebody is there now, on every node, and one refusal of a token costs no newer one', async () => {
      const plain = { x: { description: 'Of x' }, y: { description: 'Of y' } }
      await using world = await start({ mischief: { plain } })
      const { app, remote, ada } = world
      const { db } = app.services.database
      const sealing = createSealing(Buffer.from(SECRET))
      // Another node on the same database.
      await using other = startMcpServers([remote.config], {
        logger: pino({ level: 'silent' }),
        times: mcpTimeouts,
        signIn: {
          logins: new McpLogins({ db, sealing, clientName: 'Other' }),
          baseUrl: () => app.url,
        },
      })
      const { signal } = new AbortController()
      const callPlain = async () => {
        await other.prepare(LOCAL_OWNER, signal)
        const tool = other.tools(LOCAL_OWNER).find(({ name }) => name === 'remote__plain')
        const context = { caller: { id: LOCAL_OWNER, admin: true }, callId: 'c', signal }
        await tool?.execute({}, { ...context, attach: notGiven, unhurried: (work) => work() })
        return tool?.description
      }
      await world.signIn(ada, 'x')
      expect(await callPlain()).toBe('Of x')
      await app.ask('/api/mcp/servers/remote/sign-out', { token: ada.token, body: {} })
      await world.signIn(ada, 'y')
      expect(await callPlain()).toBe('Of y')
      expect(remote.notes.filter((note) => note.startsWith('for'))).toEqual(['for x', 'for y'])

      // One token is refused for two requests; the second response comes after the token was renewed.
      const late = Promise.withResolvers<void>()
      remote.mischief.refusing = late.promise
      remote.expire()
      const [one, two] = [other.prompts(LOCAL_OWNER), other.prompts(LOCAL_OWNER)]
      await Promise.race([one, two])
      late.resolve()
      expect(await Promise.all([one, two])).toMatchObject([
        [{ name: 'review' }],
        [{ name: 'review' }],
      ])
      expect(remote.counts.renewed).toBe(1)
    })

    test('is begun to be signed in to no oftener than anything else is asked (P12)', async () => {
      await using world = await start({}, 'never', { LIMIT_REQUESTS_PER_MINUTE: '20' })
      const { app, remote, ada } = world
      let answer = await app.ask('/api/mcp/sign-in/remote', { cookie: ada.cookie })
      expect(answer.status).toBe(303)
      for (let more = 0; more < 20 && answer.status === 303; more += 1) {
        answer = await app.ask('/api/mcp/sign-in/remote', { cookie: ada.cookie })
      }
      expect(answer).toMatchObject({ status: 429, body: { code: 'TOO_MANY_REQUESTS' } })
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
      // A person who begins many times cannot harm everybody's registration: it is made anew once.
      expect(remote.counts.registered).toBe(2)
    })
  })
})
