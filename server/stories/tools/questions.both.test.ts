import { describe, expect, test } from 'vitest'
import { openQuestion } from '../../../shared/contract/open-question.ts'
import type { Question } from '../../../shared/contract/question.ts'
import type { ToolCall } from '../../../shared/contract/tool.ts'
import { askingOverHttp } from '../../mcp/testing/asking-http.ts'
import { askingChild, mcpConfigFile } from '../../mcp/testing/servers.ts'
import { startTestApp } from '../../testing/app.ts'
import type { TestApp, TestAppOptions } from '../../testing/app.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { loseAnswer } from '../../testing/lost-answer.ts'
import { restartable } from '../../testing/restartable.ts'
import { callsOf, watch } from '../../testing/clients/watch.ts'
import type { Watcher } from '../../testing/clients/watch.ts'

const mcpTimeouts = { retryMs: 50, longestRetryMs: 200, relistMs: 20 }

/** Questions of MCP servers to people during a call (elicitation). */
onEachStorage((database, openStorage) => {
  async function start(options: TestAppOptions = {}) {
    await using opened = new AsyncDisposableStack()
    const storage = opened.use(await openStorage())
    const file = opened.use(await mcpConfigFile([askingChild()]))
    const env = { ...storage.env, ...options.env, MCP_CONFIG: file.path }
    const app = opened.use(await startTestApp({ ...options, env, mcpTimeouts }))
    await untilListed(app)
    const { id } = await app.caller.sessions.create({})
    const live = opened.use(watch(app.caller, id))
    await live.untilEvent('snapshot')
    const resources = opened.move()
    return { app, id, live, [Symbol.asyncDispose]: () => resources.disposeAsync() }
  }

  describe(`a question of an MCP server, on ${database}`, () => {
    test('is seen by every reader, checked by its form, answered once, and its tool goes on (P2)', async () => {
      await using talk = await start({ env: { TOOL_TIMEOUT: '3' } })
      const { app, id, live } = talk
      const { callId, question } = await asked(talk, 'asking__book')
      expect(question).toMatchObject({
        ...{ mode: 'form', message: 'Which seat?', until: expect.any(String) },
        form: { required: ['name', 'seats'] },
      })
      await using joined = watch(app.caller, id)
      await joined.untilEvent('snapshot')
      expect(openQuestion(callOf(joined))).toEqual(question)

      const reply = (content: object) =>
        app.caller.tools.reply({
          ...{ callId, questionId: question.id, action: 'accept' },
          content: { ...content },
        })
      await expect(reply({ name: 'Ada', seats: 9 })).rejects.toMatchObject({
        ...{ code: 'BAD_REQUEST', message: expect.stringContaining('seats') },
      })
      await expect(reply({ name: 'Ada', seats: 1, other: 1 })).rejects.toThrow('other')
      // A person may take longer than the time limit of a call.
      await new Promise((resolve) => setTimeout(resolve, 3_200))
      const said = { name: 'Ada', seats: 2, class: 'first', quiet: true, extras: ['bike'] }
      expect(openQuestion(await reply(said))).toBeUndefined()
      await reply(said)
      await expect(reply({ name: 'Bob', seats: 1 })).rejects.toMatchObject({ code: 'CONFLICT' })
      const next = await app.model.nextCall()
      expect(next.step.messages.at(-1)).toMatchObject({
        ...{ role: 'tool', failed: false },
        output: JSON.stringify({ action: 'accept', content: said }),
      })
      next.finish()
      expect(await live.untilEvent('end')).toMatchObject({ outcome: 'completed' })
      expect(callOf(live)).toMatchObject({
        ...{ status: 'completed', questions: [{ reply: { action: 'accept', content: said } }] },
      })
      await joined.untilEvent('end')
      await using fresh = watch(app.caller, id)
      await fresh.untilEvent('snapshot')
      expect(fresh.state).toEqual(live.state)
      expect(joined.state).toEqual(live.state)
    })

    test('is waited for through an outage of the database (P13)', async () => {
      await using talk = await start()
      const { app } = talk
      const { callId, question } = await asked(talk, 'asking__book')
      const outage = loseAnswer(
        app.services.database.db,
        'select "questions" from "tool_calls"',
        'before',
      )
      await expect.poll(() => outage.isDone).toBe(true)
      const content = { name: 'Ada', seats: 2 }
      await app.caller.tools.reply({ callId, questionId: question.id, action: 'accept', content })
      const next = await app.model.nextCall()
      expect(next.step.messages.at(-1)).toMatchObject({
        output: expect.stringContaining('"action":"accept"'),
      })
    })

    test('may be declined; a call may ask again, and by a page', async () => {
      await using talk = await start()
      const { app, live } = talk
      const first = await asked(talk, 'asking__twice')
      const answer = (of: typeof first, action: 'accept' | 'decline' | 'cancel') =>
        app.caller.tools.reply({ callId: of.callId, questionId: of.question.id, action })
      await answer(first, 'decline')
      await live.until(() => openQuestion(callOf(live))?.message === 'Really?')
      const second = openQuestion(callOf(live))
      await answer({ ...first, question: second ?? first.question }, 'cancel')
      const next = await app.model.nextCall()
      expect(next.step.messages.at(-1)).toMatchObject({
        output: '[{"action":"decline"},{"action":"cancel"}]',
      })
      next.callTools({ name: 'asking__sign', arguments: {} })
      await live.until(() => openQuestion(callOf(live)) !== undefined)
      const page = openQuestion(callOf(live))
      expect(page).toMatchObject({ mode: 'url', url: 'https://sign.example/here' })
      await app.caller.tools.reply({
        ...{ callId: callOf(live).id, questionId: page?.id ?? '', action: 'accept' },
      })
      const third = await app.model.nextCall()
      expect(third.step.messages.at(-1)).toMatchObject({ output: '{"action":"accept"}' })
      // A call that was refused until the person opened an address is made again.
      third.callTools({ name: 'asking__gate', arguments: {} })
      await live.until(() => openQuestion(callOf(live)) !== undefined)
      const gate = openQuestion(callOf(live))
      expect(gate).toMatchObject({ mode: 'url', url: 'https://sign.example/gate' })
      await app.caller.tools.reply({
        ...{ callId: callOf(live).id, questionId: gate?.id ?? '', action: 'accept' },
      })
      const last = await app.model.nextCall()
      expect(last.step.messages.at(-1)).toMatchObject({ failed: false, output: '"open"' })
      last.finish()
      await live.untilEvent('end')
    })

    test('that nobody answers in time is cancelled, and the tool told so (P13)', async () => {
      await using talk = await start({ env: { MCP_QUESTION_TIMEOUT: '1' } })
      const { app, live } = talk
      const { callId, question } = await asked(talk, 'asking__book')
      const next = await app.model.nextCall()
      expect(next.step.messages.at(-1)).toMatchObject({ output: '{"action":"cancel"}' })
      next.finish()
      await live.untilEvent('end')
      expect(callOf(live).questions).toMatchObject([{ reply: { action: 'cancel' } }])
      await expect(
        app.caller.tools.reply({ callId, questionId: question.id, action: 'decline' }),
      ).rejects.toMatchObject({ code: 'CONFLICT' })
    })

    test('ends with a stop, and what it was for is of unknown outcome (P7, P9)', async () => {
      await using talk = await start()
      const { app, id, live } = talk
      const { callId, question } = await asked(talk, 'asking__book')
      await app.caller.runs.stop({ sessionId: id })
      // Its reply would be lost.
      await expect(
        app.caller.tools.reply({ callId, questionId: question.id, action: 'decline' }),
      ).rejects.toMatchObject({ code: 'CONFLICT' })
      expect(await live.untilEvent('end')).toMatchObject({ outcome: 'stopped' })
      expect(callOf(live)).toMatchObject({
        ...{ status: 'unknown', questions: [{ reply: { action: 'cancel' } }] },
      })
    })

    test('is what its session waits for, in the list too, until it is answered, also of several (P2, P13)', async () => {
      await using storage = await openStorage()
      // Each question comes on the stream of its call, so that its person is known.
      await using remote = await askingOverHttp()
      await using file = await mcpConfigFile([remote.config])
      const env = { ...storage.env, MCP_CONFIG: file.path }
      await using app = await startTestApp({ env, mcpTimeouts })
      await untilListed(app, 'remote__book')
      const { id } = await app.caller.sessions.create({})
      await using live = watch(app.caller, id)
      await live.untilEvent('snapshot')
      const changes: unknown[] = []
      const listed = async () => (await app.caller.sessions.list({})).items[0]?.waiting
      const list = await app.caller.sessions.changes()
      const following = (async () => {
        for await (const change of list) {
          if (change.type === 'session') changes.push(change.session.waiting)
          if (changes.at(-1) === false && changes.includes(true)) break
        }
      })()
      await app.caller.messages.send({ sessionId: id, text: 'Go on' })
      ;(await app.model.nextCall()).callTools(
        { name: 'remote__book', arguments: {} },
        { name: 'remote__look', arguments: {} },
      )
      await live.until(() => callsOf(live).filter(openQuestion).length === 2)
      expect(live.state?.session).toMatchObject({ running: true, waiting: true })
      expect(await listed()).toBe(true)
      await expect.poll(() => changes.at(-1)).toBe(true)
      await using joined = watch(app.caller, id)
      await joined.untilEvent('snapshot')
      expect(joined.state?.session.waiting).toBe(true)

      const [book, look] = callsOf(live)
      const decline = (call: ToolCall | undefined) =>
        app.caller.tools.reply({
          ...{ callId: call?.id ?? '', action: 'decline' },
          questionId: (call && openQuestion(call)?.id) ?? '',
        })
      await decline(book)
      await live.until(() => callsOf(live).filter(openQuestion).length === 1)
      expect(live.state?.session.waiting).toBe(true)
      await decline(look)
      await live.until(() => callsOf(live).filter(openQuestion).length === 0)
      expect(live.state?.session.waiting).toBe(false)
      expect(await listed()).toBe(false)
      await following
      ;(await app.model.nextCall()).finish()
      await live.untilEvent('end')
      await using fresh = watch(app.caller, id)
      await fresh.untilEvent('snapshot')
      expect(fresh.state).toEqual(live.state)
    })

    test('is closed when its node is gone: what reads asks anew, what writes is unknown (P6, P7)', async () => {
      await using storage = await openStorage()
      // Each question comes on the stream of its call, so that its person is known.
      await using remote = await askingOverHttp()
      await using file = await mcpConfigFile([remote.config])
      const env = { MCP_CONFIG: file.path }
      await using nodes = await restartable(storage, { env, mcpTimeouts })
      const { id, first } = await (async () => {
        await using app = await nodes.start()
        await untilListed(app, 'remote__book')
        const { id } = await app.caller.sessions.create({})
        await using live = watch(app.caller, id)
        await live.untilEvent('snapshot')
        await app.caller.messages.send({ sessionId: id, text: 'Both' })
        ;(await app.model.nextCall()).callTools(
          { name: 'remote__book', arguments: {} },
          { name: 'remote__look', arguments: {} },
        )
        await live.until(() => callsOf(live).filter(openQuestion).length === 2)
        return { id, first: callsOf(live).map(openQuestion) }
      })()
      await using app = await nodes.start()
      await using live = watch(app.caller, id)
      await live.until(() => callsOf(live)[1]?.questions?.length === 2)
      const [book, look] = callsOf(live)
      expect(book).toMatchObject({ status: 'unknown', questions: [{ id: first[0]?.id }] })
      expect(look?.questions).toMatchObject([
        { id: first[1]?.id, reply: { action: 'cancel' } },
        { id: expect.not.stringContaining(first[1]?.id ?? '') },
      ])
      const questionId = look ? (openQuestion(look)?.id ?? '') : ''
      await app.caller.tools.reply({ callId: look?.id ?? '', questionId, action: 'decline' })
      const next = await app.model.nextCall()
      expect(next.step.messages.at(-1)).toMatchObject({ output: '{"action":"decline"}' })
      next.finish()
      await live.untilEvent('end')
    })
  })
})

type Talk = { app: TestApp; id: string; live: Watcher }

/** Lets the model call a tool that asks a question. */
async function asked({ app, id, live }: Talk, name: string) {
  await app.caller.messages.send({ sessionId: id, text: 'Go on' })
  ;(await app.model.nextCall()).callTools({ name, arguments: {} })
  await live.until(() => callsOf(live).some(openQuestion))
  const call = callOf(live)
  const question = openQuestion(call)
  if (!question) throw new Error('nothing is asked')
  return { callId: call.id as string, question: question satisfies Question }
}

function callOf(watcher: Watcher): ToolCall {
  const call = callsOf(watcher).at(-1)
  if (!call) throw new Error('there is no call')
  return call
}

async function untilListed(app: TestApp, name = 'asking__book'): Promise<void> {
  await expect
    .poll(async () => (await app.caller.tools.list()).map((tool) => tool.name), { timeout: 30_000 })
    .toContain(name)
}
