import { rm, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { findActiveRun } from '../../../db/queries/runs/runs.ts'
import { McpOutput } from '../../../shared/contract/mcp-output.ts'
import { everythingServer, hostileServer, mcpConfigFile } from '../../mcp/testing/servers.ts'
import { temporaryFolder } from '../../../scripts/testing/server-process.ts'
import { startTestApp } from '../../testing/app.ts'
import type { TestApp } from '../../testing/app.ts'
import { callsOf, watch } from '../../testing/clients/watch.ts'
import { onEachStorage } from '../../testing/each-storage.ts'

const mcpTimeouts = { retryMs: 50, longestRetryMs: 200, relistMs: 20 }

/** Tools of MCP servers within conversations, on either database. */
onEachStorage((database, openStorage) => {
  describe(`tools of MCP servers, on ${database}`, () => {
    test('appear, run, show how far they are, and answer with text, pictures and data', async () => {
      await using storage = await openStorage()
      await using file = await mcpConfigFile([everythingServer()])
      await using app = await startTestApp({ env: { ...storage.env, MCP_CONFIG: file.path } })
      await untilListed(app, 'everything__get-sum')
      const { id } = await app.caller.sessions.create({})
      await using live = watch(app.caller, id)
      await live.untilEvent('snapshot')
      await app.caller.messages.send({ sessionId: id, text: 'Do it all' })
      const asked = await app.model.nextCall()
      expect(asked.step.tools.map(({ name }) => name)).toContain('everything__get-tiny-image')
      asked.callTools(
        { name: 'everything__get-tiny-image', arguments: {} },
        { name: 'everything__get-structured-content', arguments: { location: 'Chicago' } },
        { name: 'everything__get-sum', arguments: { a: 'one' } },
        {
          name: 'everything__trigger-long-running-operation',
          arguments: { duration: 1.2, steps: 12 },
        },
      )
      await live.until(() => callsOf(live)[3]?.progress !== undefined)
      // A reader that joins now sees the progress too (P2).
      await using joined = watch(app.caller, id)
      await joined.untilEvent('snapshot')
      const begun = joined.state
      await joined.until(({ state }) => state !== null && state.seq >= (live.state?.seq ?? 0))
      const next = await app.model.nextCall()
      await live.until(() => callsOf(live)[3]?.status === 'completed')
      const [picture, weather, sum, long] = callsOf(live)
      expect(picture).toMatchObject({
        source: 'mcp:everything',
        effect: 'read',
        status: 'completed',
      })
      const images = McpOutput.parse(picture?.output).content.filter(({ type }) => type === 'file')
      expect(images).toHaveLength(1)
      expect(picture?.files).toMatchObject([{ kind: 'image', mimeType: 'image/png' }])
      expect(McpOutput.parse(weather?.output).structuredContent).toMatchObject({ humidity: 82 })
      expect(sum).toMatchObject({ status: 'failed', error: expect.stringContaining('get-sum') })
      expect(long).not.toHaveProperty('progress')
      const shown = live.events.flatMap(({ event }) =>
        event.type === 'tool' && event.call.progress ? [event.call.progress.done] : [],
      )
      expect(shown.length).toBeGreaterThan(1)
      expect(shown.length).toBeLessThanOrEqual(6)
      expect(shown).toEqual(shown.toSorted((a, b) => a - b))

      const results = next.step.messages.slice(-4)
      expect(results[0]).toMatchObject({
        failed: false,
        files: [{ kind: 'image', data: expect.any(String) }],
      })
      expect(results[1]).toMatchObject({ output: expect.stringContaining('"humidity":82') })
      expect(results[2]).toMatchObject({ failed: true })
      next.say('Done.')
      next.finish()
      await live.untilEvent('end')
      await using fresh = watch(app.caller, id)
      await fresh.untilEvent('snapshot')
      expect(fresh.state).toEqual(live.state)

      // The log does not keep progress (P4): a reader that resumes in the middle continues after it.
      await expect.poll(() => progressInLog(app, id), { timeout: 30_000 }).toBe(0)
      await using resumed = watch(app.caller, id, begun)
      await resumed.untilEvent('end')
      expect(resumed.state).toEqual(live.state)
    })

    test('ask before they write, and again when the definition changed meanwhile (P11)', async () => {
      await using storage = await openStorage()
      await using folder = await temporaryFolder()
      const state = `${folder.path}/state`
      const calls = `${folder.path}/calls`
      await writeFile(state, 'one')
      await writeFile(calls, '')
      const server = hostileServer([], { STATE: state, CALLS: calls })
      await using file = await mcpConfigFile([server])
      await using app = await startTestApp({
        env: { ...storage.env, MCP_CONFIG: file.path },
        mcpTimeouts,
      })
      await untilListed(app, 'hostile__write')
      const { id } = await app.caller.sessions.create({})
      await using live = watch(app.caller, id)
      await live.untilEvent('snapshot')
      await app.caller.messages.send({ sessionId: id, text: 'Write' })
      ;(await app.model.nextCall()).callTools({ name: 'hostile__write', arguments: { a: 1 } })
      await live.until(({ state: now }) => now?.messages.at(-1)?.status === 'waiting')
      await writeFile(state, 'two')
      await until(app, () => descriptionOf(app, 'hostile__write')?.includes('two') ?? false)

      const callId = String(callsOf(live)[0]?.id)
      await app.caller.tools.decide({ callId, decision: 'approve' })
      await live.until(({ state: now }) => now?.messages.at(-1)?.status === 'running')
      await live.until(({ state: now }) => now?.messages.at(-1)?.status === 'waiting')
      expect(callsOf(live)[0]?.status).toBe('awaiting-approval')
      await app.caller.tools.decide({ callId, decision: 'approve' })
      const next = await app.model.nextCall()
      expect(next.step.messages.at(-1)).toMatchObject({ failed: false, output: 'written' })
      await live.until(() => callsOf(live)[0]?.status === 'completed')
      next.finish()
      await live.untilEvent('end')
    })

    test('are offered by the first answer after a start, and again to a step that a crash cut (P6)', async () => {
      await using storage = await openStorage()
      await using folder = await temporaryFolder()
      const gate = `${folder.path}/gate`
      await using file = await mcpConfigFile([hostileServer([], { GATE: gate })])
      const env = {
        ...storage.env,
        ...(storage.env['DATA_DIR'] === 'memory:' && { DATA_DIR: `${folder.path}/data` }),
        MCP_CONFIG: file.path,
      }
      const openGate = () => writeFile(gate, '')
      const ready = async (app: TestApp) => (await fetch(`${await app.listen()}/readyz`)).status
      let names: string[]
      {
        await using app = await startTestApp({ env })
        expect(await ready(app)).toBe(503)
        const { id } = await app.caller.sessions.create({})
        await app.caller.messages.send({ sessionId: id, text: 'Say it' })
        await openGate()
        const { step } = await app.model.nextCall()
        names = step.tools.map(({ name }) => name)
        expect(names).toContain('hostile__echo')
        expect((await findActiveRun(app.services.database.db, id))?.offered).toEqual(names)
      }
      await rm(gate)
      await using app = await startTestApp({ env })
      expect(app.services.tools.find('hostile__echo')).toBe(undefined)
      await openGate()
      const again = await app.model.nextCall()
      expect(again.step.tools.map(({ name }) => name)).toEqual(names)
      expect(again.step.systemPrompt).not.toContain('not available')
      expect(await ready(app)).toBe(200)
      again.finish()
    }, 180_000)

    test('that stay away after a start hold an answer up for a while only, and the model is told (P6, P13)', async () => {
      await using storage = await openStorage()
      const nothing = { ...hostileServer(), command: '/nowhere/no-such-program' }
      await using file = await mcpConfigFile([nothing])
      await using app = await startTestApp({ env: { ...storage.env, MCP_CONFIG: file.path } })
      const { id } = await app.caller.sessions.create({})
      await app.caller.messages.send({ sessionId: id, text: 'Say it' })
      const { step } = await app.model.nextCall()
      expect(step.tools.length).toBeGreaterThan(0)
      expect(step.systemPrompt).toContain('"hostile"')
      const readyz = await fetch(`${await app.listen()}/readyz`)
      expect(readyz.status).toBe(200)
      expect(await readyz.json()).toMatchObject({
        reasons: [expect.stringContaining('"hostile"')],
      })
    })

    test('that are lost in a call cost the call; the run goes on, and they come back', async () => {
      await using storage = await openStorage()
      await using file = await mcpConfigFile([hostileServer([], {}, 'never')])
      await using app = await startTestApp({
        env: { ...storage.env, MCP_CONFIG: file.path },
        mcpTimeouts,
      })
      await untilListed(app, 'hostile__die')
      const { id } = await app.caller.sessions.create({})
      await using live = watch(app.caller, id)
      await live.untilEvent('snapshot')
      await app.caller.messages.send({ sessionId: id, text: 'Die' })
      ;(await app.model.nextCall()).callTools({ name: 'hostile__die', arguments: {} })
      const second = await app.model.nextCall()
      // The call may have done its work before the connection was lost: the outcome is unknown (P7).
      await live.until(() => callsOf(live)[0]?.status === 'unknown')
      expect(callsOf(live)[0]).toMatchObject({
        status: 'unknown',
        error: expect.stringContaining('"hostile"'),
      })
      await untilListed(app, 'hostile__echo')
      second.callTools({ name: 'hostile__echo', arguments: { again: true } })
      const third = await app.model.nextCall()
      expect(third.step.messages.at(-1)).toMatchObject({ failed: false, output: '{"again":true}' })
      third.finish()
      expect(await live.untilEvent('end')).toMatchObject({ outcome: 'completed' })
    })

    test('may fill a conversation with text and pictures: it is sent in pages of bounded length (P12)', async () => {
      await using storage = await openStorage()
      await using file = await mcpConfigFile([hostileServer()])
      await using app = await startTestApp({ env: { ...storage.env, MCP_CONFIG: file.path } })
      await untilListed(app, 'hostile__picture')
      const { id } = await app.caller.sessions.create({})
      await using live = watch(app.caller, id)
      for (let turn = 1; turn <= 7; turn += 1) {
        await app.caller.messages.send({ sessionId: id, text: `Picture ${turn}` })
        ;(await app.model.nextCall()).callTools(
          { name: 'hostile__picture', arguments: {} },
          { name: 'hostile__long', arguments: {} },
        )
        const second = await app.model.nextCall()
        second.finish()
        await live.until(
          ({ events }) => events.filter(({ event }) => event.type === 'end').length === turn,
        )
      }
      await using fresh = watch(app.caller, id)
      const { messages, hasOlder } = await fresh.untilEvent('snapshot')
      expect(hasOlder).toBe(true)
      expect(JSON.stringify(messages).length).toBeLessThan(1024 * 1024)
      // Runs of the letter are compared, because a text search for one in another takes minutes.
      const runs = JSON.stringify(messages).match(/A+/g) ?? []
      expect(Math.max(...runs.map(({ length }) => length))).toBe(250_000)
      let known = messages.length
      for (let before = messages[0]?.id, more = true; more && before;) {
        const older = await app.caller.messages.list({ sessionId: id, before })
        expect(older.messages.length).toBeGreaterThan(0)
        known += older.messages.length
        before = older.messages[0]?.id
        more = older.hasOlder
      }
      expect(known).toBe(14)
    })

    test('are stopped with the run, and nobody says how they went', async () => {
      await using storage = await openStorage()
      await using file = await mcpConfigFile([hostileServer([], {}, 'never')])
      await using app = await startTestApp({
        env: { ...storage.env, MCP_CONFIG: file.path },
        mcpTimeouts,
      })
      await untilListed(app, 'hostile__hang')
      const { id } = await app.caller.sessions.create({})
      await using live = watch(app.caller, id)
      await live.untilEvent('snapshot')
      await app.caller.messages.send({ sessionId: id, text: 'Hang' })
      ;(await app.model.nextCall()).callTools({ name: 'hostile__hang', arguments: {} })
      await live.until(() => callsOf(live)[0]?.status === 'running')
      await app.caller.runs.stop({ sessionId: id })
      expect(await live.untilEvent('end')).toMatchObject({ outcome: 'stopped' })
      expect(callsOf(live)[0]?.status).toBe('unknown')
    })
  })
})

async function progressInLog(app: TestApp, id: string): Promise<number> {
  const { events } = await app.caller.sessions.log({ id })
  return events.filter(({ event }) => event.type === 'tool' && event.call.progress).length
}

function descriptionOf(app: TestApp, name: string): string | undefined {
  return app.services.tools.find(name)?.description
}

function untilListed(app: TestApp, name: string): Promise<void> {
  return until(app, () => app.services.tools.find(name) !== undefined)
}

/** Resolves when the condition holds; it is checked whenever tools change. */
async function until({ services }: TestApp, condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise<void>((resolve) => {
      const leave = services.tools.onChange(() => {
        leave()
        resolve()
      })
    })
  }
}
