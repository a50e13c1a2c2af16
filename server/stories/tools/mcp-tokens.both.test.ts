import { describe, expect, test } from 'vitest'
import { onEachStorage } from '../../testing/each-storage.ts'
import { callTool, startMcpSignIn } from '../../testing/mcp-sign-in.ts'

const PATIENT = { timeout: 30_000 }

/** The registrations and tokens of sign-ins at MCP servers. */
onEachStorage((database, openStorage) => {
  const start = startMcpSignIn.bind(null, openStorage)

  describe(`an MCP server to which people sign in, on ${database}`, () => {
    test('is signed in to by two at once, who both register this server', async () => {
      const both = Promise.withResolvers<void>()
      let came = 0
      const registering = () => {
        came += 1
        if (came === 2) both.resolve()
        return both.promise
      }
      await using world = await start({ mischief: { registering } })
      const { remote, ada, bob } = world
      const begun = await Promise.all([world.begin(ada), world.begin(bob)])
      expect(remote.counts.registered).toBe(2)
      const people = [ada, bob]
      for (const [index, person] of people.entries()) {
        const back = remote.approve(begun[index] ?? new URL('about:blank'), `person-${index}`)
        expect(await world.end(person, back)).toEqual({ server: 'remote' })
      }
    })

    test('registers this server anew where it was forgotten: at a renewal, by its silence, or when a secret ends', async () => {
      await using world = await start()
      const { app, remote, ada, bob } = world
      const clientOf = (address: URL) => address.searchParams.get('client_id')
      remote.seconds.access = 1
      await world.signIn(ada, 'ada')
      remote.forgetClients()
      remote.expire()
      await app.ask('/api/mcp/prompts', { token: ada.token })
      await expect.poll(() => world.serverOf(ada), PATIENT).toMatchObject({ status: 'signed-out' })
      expect(clientOf(await world.begin(ada))).toBe('client-2')
      // The authorization server shows Bob an error of its own, and he tries again.
      expect(clientOf(await world.begin(bob))).toBe('client-2')
      remote.forgetClients()
      remote.mischief.secretEnds = 1
      expect(clientOf(await world.begin(bob))).toBe('client-3')
      delete remote.mischief.secretEnds
      const eve = await app.signUp('eve@example.com')
      const begun = await world.begin(eve)
      expect(clientOf(begun)).toBe('client-4')
      expect(await world.end(eve, remote.approve(begun))).toEqual({ server: 'remote' })
    })

    test('is renewed once for many calls, asks to sign in when that is over, and the call goes on', async () => {
      await using world = await start()
      const { app, remote, ada } = world
      remote.seconds.access = 1
      await world.signIn(ada, 'ada')
      await expect.poll(() => world.toolsOf(ada), PATIENT).toContain('remote__plain')
      remote.expire()
      remote.seconds.access = 3600
      const before = remote.counts.renewed
      const { token } = ada
      const asked = await Promise.all(
        Array.from({ length: 5 }, () => app.ask('/api/mcp/prompts', { token })),
      )
      expect(asked.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
      expect(remote.counts.renewed - before).toBe(1)

      // The authorization server refuses all tokens that it issued before.
      remote.forgetAll()
      const call = await callTool(world, ada, 'remote__plain')
      await expect.poll(call.read, PATIENT).toContain('/api/mcp/sign-in/remote')
      await world.signIn(ada, 'ada')
      const { body } = await app.ask(`/api/session/${call.id}`, { token })
      const [, callId, questionId] =
        /"call":\{"id":"([^"]+)".*?"questions":\[\{[^}]*?"id":"([^"]+)"/.exec(
          JSON.stringify(body),
        ) ?? []
      const reply = await app.ask(`/api/tool-call/${callId}/reply`, {
        ...{ token, body: { questionId, action: 'accept' } },
      })
      expect(reply).toMatchObject({ status: 200 })
      const next = await app.model.nextCall()
      expect(next.step.messages.at(-1)).toMatchObject({ failed: false, output: '"plain"' })
      next.finish()

      // Signing out here revokes the tokens there too.
      await app.ask('/api/mcp/servers/remote/sign-out', { token, body: {} })
      expect(remote.secrets()).toEqual([])
      expect(await world.serverOf(ada)).toMatchObject({ status: 'signed-out' })
      expect(await world.toolsOf(ada)).not.toContain('remote__plain')
    })
  })
})
