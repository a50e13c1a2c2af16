import { describe, expect, test } from 'vitest'
import type { ToolCall } from '../../../shared/contract/tool.ts'
import { askingOverHttp } from '../../mcp/testing/asking-http.ts'
import { mcpConfigFile } from '../../mcp/testing/servers.ts'
import type { TestApp } from '../../testing/app.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { restartable } from '../../testing/restartable.ts'
import { watch } from '../../testing/clients/watch.ts'
import type { Watcher } from '../../testing/clients/watch.ts'

const mcpTimeouts = { retryMs: 50, longestRetryMs: 200, relistMs: 20, connectMs: 2_000 }
const PATIENT = { timeout: 30_000 }

/** Calls that MCP servers carry out as tasks, which outlive a connection. */
onEachStorage((database, openStorage) => {
  async function start() {
    await using opened = new AsyncDisposableStack()
    const storage = opened.use(await openStorage())
    const remote = opened.use(await askingOverHttp())
    const file = opened.use(await mcpConfigFile([remote.config]))
    const env = { MCP_CONFIG: file.path, TOOL_TIMEOUT: '1' }
    const nodes = opened.use(await restartable(storage, { env, mcpTimeouts }))
    const resources = opened.move()
    /** The model makes a call that is carried out as a task, and the node shuts down. */
    const beginAndLeave = async () => {
      await using app = await nodes.start()
      await untilListed(app)
      const { id } = await app.caller.sessions.create({})
      await app.caller.messages.send({ sessionId: id, text: 'Do it' })
      ;(await app.model.nextCall()).callTools({ name: 'remote__long', arguments: {} })
      await expect.poll(() => remote.notes, PATIENT).toContain('made task-1')
      return id
    }
    return { remote, nodes, beginAndLeave, [Symbol.asyncDispose]: () => resources.disposeAsync() }
  }

  describe(`a call that is a task of its MCP server, on ${database}`, () => {
    test('is gone on with by the next node, made once, and takes as long as it takes (P6, P7)', async () => {
      await using talk = await start()
      const id = await talk.beginAndLeave()
      await using app = await talk.nodes.start()
      await using live = watch(app.caller, id)
      await live.untilEvent('snapshot')
      expect(callOf(live)).toMatchObject({ effect: 'once', status: 'running' })
      // This is longer than the time limit of an ordinary call.
      await new Promise((resolve) => setTimeout(resolve, 1_200))
      talk.remote.finish()
      const next = await app.model.nextCall()
      expect(next.step.messages.at(-1)).toMatchObject({ failed: false, output: 'done task-1' })
      next.finish()
      await live.untilEvent('end')
      expect(talk.remote.notes.filter((note) => note.startsWith('made'))).toEqual(['made task-1'])
      expect(talk.remote.notes).not.toContain('cancelled task-1')
    })

    test('is gone on with when looks at it fail, and when its server is away for a while (P7)', async () => {
      await using talk = await start()
      const { remote } = talk
      await using app = await talk.nodes.start()
      await untilListed(app)
      const { id } = await app.caller.sessions.create({})
      await using live = watch(app.caller, id)
      await live.untilEvent('snapshot')
      await app.caller.messages.send({ sessionId: id, text: 'Do it' })
      ;(await app.model.nextCall()).callTools({ name: 'remote__long', arguments: {} })
      const looks = () => remote.notes.filter((note) => note === 'look').length
      for (const status of ['silence', 429, 403, 502] as const) {
        await expect.poll(looks, PATIENT).toBeGreaterThan(0)
        remote.mischief.nextLook = status
        await expect.poll(() => remote.mischief.nextLook, PATIENT).toBeUndefined()
      }
      const comeBack = await remote.leave()
      await expect
        .poll(async () => app.caller.mcp.servers(), PATIENT)
        .toMatchObject([{ name: 'remote', status: 'away' }])
      await comeBack()
      remote.finish()
      const next = await app.model.nextCall()
      expect(next.step.messages.at(-1)).toMatchObject({ failed: false, output: 'done task-1' })
      next.finish()
      await live.untilEvent('end')
      expect(callOf(live)).toMatchObject({ status: 'completed' })
      expect(remote.notes.filter((note) => note.startsWith('made'))).toEqual(['made task-1'])
    })

    test('is cancelled with its run', async () => {
      await using talk = await start()
      const id = await talk.beginAndLeave()
      await using app = await talk.nodes.start()
      await using live = watch(app.caller, id)
      await live.untilEvent('snapshot')
      await untilListed(app)
      await app.caller.runs.stop({ sessionId: id })
      expect(await live.untilEvent('end')).toMatchObject({ outcome: 'stopped' })
      await expect.poll(() => talk.remote.notes, PATIENT).toContain('cancelled task-1')
      expect(callOf(live).status).toBe('unknown')
    })

    test('that its server has forgotten is of unknown outcome (P7)', async () => {
      await using talk = await start()
      const id = await talk.beginAndLeave()
      talk.remote.forget()
      await using app = await talk.nodes.start()
      await using live = watch(app.caller, id)
      await live.untilEvent('snapshot')
      const next = await app.model.nextCall()
      await live.until(() => callOf(live).status === 'unknown')
      next.finish()
      await live.untilEvent('end')
      expect(talk.remote.notes.filter((note) => note.startsWith('made'))).toEqual(['made task-1'])
    })
  })
})

function callOf(watcher: Watcher): ToolCall {
  const parts = watcher.state?.messages.at(-1)?.parts ?? []
  const [call] = parts.flatMap((part) => (part.type === 'tool' ? [part.call] : []))
  if (!call) throw new Error('there is no call')
  return call
}

async function untilListed(app: TestApp): Promise<void> {
  await expect
    .poll(async () => (await app.caller.tools.list()).map(({ name }) => name), PATIENT)
    .toContain('remote__long')
}
