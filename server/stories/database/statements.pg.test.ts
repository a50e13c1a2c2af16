import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { talkFile } from '../../sessions/testing/talk-file.ts'
import { startConversation } from '../../testing/conversation.ts'
import { newPostgresStorage } from '../../testing/postgres-storage.ts'
import type { ScriptedCall } from '../../testing/scripted-model.ts'
import { recordStatements } from '../../testing/statements.ts'
import { watch } from '../../testing/clients/watch.ts'
import { defineTool } from '../../tools/define.ts'

/** A node also sends some statements every second. They fall into some of the answers, but not into each. */
const ANSWERS = 5

const echo = defineTool({
  name: 'echo',
  description: 'Says it again',
  input: z.object({}),
  output: z.object({}),
  effect: 'read',
  approval: 'never',
  execute: async () => ({}),
})

type Said = { statements: string[]; roundTrips: number }

/**
 * The fewest statements of an answer: of its send, until the model is asked, and of all after that, to a compacted log.
 */
async function statementsOf(
  answer: (call: ScriptedCall, next: () => Promise<ScriptedCall>) => Promise<void>,
) {
  using recorded = recordStatements()
  const { seen, isFirst } = recorded
  const said = (from: number, to: number): Said => ({
    statements: seen.slice(from, to),
    roundTrips: isFirst.slice(from, to).filter(Boolean).length,
  })
  await using talk = await startConversation(newPostgresStorage, { tools: [echo] })
  const { app, sessionId: id } = talk
  await app.caller.sessions.update({ id, title: 'Named by a person' })
  const found: { send: Said; before: Said; after: Said }[] = []
  for (let number = 0; number < ANSWERS; number += 1) {
    const begun = seen.length
    await app.caller.messages.send({ sessionId: id, text: 'Hello?' })
    const sent = seen.findLastIndex((text) => /begin_answers/.test(text))
    const call = await app.model.nextCall()
    const asked = seen.length
    await answer(call, () => app.model.nextCall())
    await expect
      .poll(() => seen.slice(asked).some((text) => /compact_answers/.test(text)))
      .toBe(true)
    const done = seen.findIndex((text, at) => at >= asked && /compact_answers/.test(text))
    found.push({
      send: said(begun, sent + 1),
      before: said(sent + 1, asked),
      after: said(asked, done + 1),
    })
  }
  const fewest = (of: 'send' | 'before' | 'after') =>
    found.map((one) => one[of]).toSorted((a, b) => a.statements.length - b.statements.length)[0]
  return { send: fewest('send'), before: fewest('before'), after: fewest('after') }
}

test('an answer reads nothing twice, and nothing back that it wrote', async () => {
  const { send, before, after } = await statementsOf(async (call) => {
    call.say('Hi', ' there')
    call.finish()
  })
  // All rows of question and answer, with their events.
  expect(send?.statements).toHaveLength(1)
  // The session, with the beginnings of the answer and the conversation.
  expect(before?.statements).toHaveLength(1)
  // The text; the end with its event; and for compaction one read and all changes at once.
  expect(after?.statements).toHaveLength(4)
  expect(after?.roundTrips).toBe(4)
})

test('a call of a tool costs the recording of its states', async () => {
  const { after } = await statementsOf(async (call, next) => {
    call.callTools({ name: 'echo', arguments: {} })
    const second = await next()
    second.say('Done.')
    second.finish()
  })
  // Five for the step with its call, five for the result, four as above, and one to remove the call's progress.
  expect(after?.statements).toHaveLength(15)
})

const words = (index: number) => `${index} ${'word '.repeat(100)}`
/** Text that Postgres cannot compress to much less. */
const noise = () => randomBytes(300_000).toString('base64')

test.each([
  ['as much as the model has room for, in few pages', '1000000', 800, words, 2],
  ['no more than the model has room for', '4000', 800, words, 1],
  // One more, because a long message is read by itself.
  ['in pages of a few megabytes', '4000000', 12, noise, 3],
])('of a long conversation is read %s', async (_, window, messages, text, pages) => {
  using recorded = recordStatements()
  await using talk = await startConversation(newPostgresStorage, {
    env: { LLM_CONTEXT_WINDOW: window },
  })
  const { app } = talk
  const texts = Array.from({ length: messages }, (_, index) => text(index))
  const { sessions } = await app.caller.sessions.import({ data: talkFile('Long', texts) })
  const begun = recorded.seen.length
  await app.caller.messages.send({ sessionId: sessions[0]?.id ?? '', text: 'And now?' })
  const call = await app.model.nextCall()
  const reads = recorded.seen
    .slice(begun)
    .filter((text) => /with recursive branch.*steps/.test(text))
  expect(reads).toHaveLength(pages)
  call.finish()
})

test('opening a session says that it is read, and reads it once', async () => {
  using recorded = recordStatements()
  await using talk = await startConversation(newPostgresStorage)
  const { app } = talk
  const opened: number[] = []
  for (let number = 0; number < ANSWERS; number += 1) {
    const { id } = await app.caller.sessions.create({})
    const begun = recorded.seen.length
    await using reader = watch(app.caller, id)
    await reader.untilEvent('snapshot')
    opened.push(recorded.seen.length - begun)
  }
  // The readers, which proves whose it is; `begin`, the session, `commit`.
  expect(Math.min(...opened)).toBe(4)
})

test.each([
  // `begin`, the session, the messages, their siblings, how they ended, `commit`.
  ['', [], 6],
  // The lengths of the outputs, and the calls.
  [' with calls', [{ tools: [{ name: 'echo', input: {} }] }], 8],
])('the newest messages of a conversation%s are read at once', async (_, calls, statements) => {
  using recorded = recordStatements()
  await using talk = await startConversation(newPostgresStorage, { tools: [echo] })
  const { app, live, sessionId } = talk
  app.model.plan(...calls, 'Hi.')
  await app.caller.messages.send({ sessionId, text: 'Hello?' })
  await live.untilEvent('end')
  const { id: me } = await app.caller.me()
  const read: number[] = []
  for (let number = 0; number < ANSWERS; number += 1) {
    const begun = recorded.seen.length
    await app.services.reader.snapshot(me, sessionId)
    read.push(recorded.seen.length - begun)
  }
  expect(Math.min(...read)).toBe(statements)
})

/** Readers that begin at the same time. */
const READERS = 40

test('many readers that begin at the same time share statements', async () => {
  using recorded = recordStatements()
  await using talk = await startConversation(newPostgresStorage)
  const { app, live } = talk
  const made = await Promise.all(
    Array.from({ length: READERS }, () => app.caller.sessions.create({})),
  )
  const begun = recorded.seen.length
  const readers = made.map(({ id }) => watch(app.caller, id))
  for (const reader of readers) await reader.untilEvent('snapshot')
  // Some for the readers, and three for each batch of snapshots.
  expect(recorded.seen.length - begun).toBeLessThan(READERS)
  const states = readers.map(({ state }) => state)
  const resumed = recorded.seen.length
  const again = made.map(({ id }, index) => watch(app.caller, id, states[index]))
  await Promise.all(
    made.map(({ id }) => app.caller.sessions.update({ id, title: 'They are all there' })),
  )
  for (const reader of again) await reader.untilEvent('session')
  // Nothing of the log is read for those who have all of it, unless something is written just then.
  const said = recorded.seen.slice(resumed)
  const reads = said.filter((text) => /pruned_to from sessions/.test(text))
  expect(reads.length).toBeLessThan(READERS / 4)
  const lookups = said.filter((text) => /active_leaf.*hasQueued/.test(text))
  expect(lookups.length).toBeGreaterThan(0)
  expect(lookups.length).toBeLessThan(READERS / 4)
  await Promise.all([...readers, ...again, live].map((reader) => reader.stop()))
})

test('sessions whose readers come and leave at the same time share statements', async () => {
  using recorded = recordStatements()
  await using talk = await startConversation(newPostgresStorage)
  const { app, sessionId, live } = talk
  const { presence, database } = app.services
  const { id: me } = await app.caller.me()
  const made = await Promise.all(
    Array.from({ length: READERS }, () => app.caller.sessions.create({})),
  )
  const registered = async () => {
    const rows = await database.db.selectFrom('readers').select('session_id as id').execute()
    return rows.map(({ id }) => id).toSorted()
  }
  const counted = async (words: string, work: () => void, ids: string[]) => {
    const begun = recorded.seen.length
    work()
    await expect.poll(registered).toEqual([sessionId, ...ids].toSorted())
    const count = recorded.seen.slice(begun).filter((text) => text.includes(words)).length
    expect(count, words).toBeGreaterThan(0)
    expect(count, words).toBeLessThan(READERS / 4)
  }
  const ids = made.map(({ id }) => id)
  const entering: Promise<Disposable>[] = []
  const enterAll = () => entering.push(...ids.map((id) => presence.enter(id, me)))
  await counted('enter_sessions', enterAll, ids)
  const entered = await Promise.all(entering)
  const leaveAll = () => entered.forEach((one) => one[Symbol.dispose]())
  await counted('delete from readers', leaveAll, [])
  const left = database.db.selectFrom('sessions').select('id').where('left_at', 'is not', null)
  expect((await left.execute()).map(({ id }) => id).toSorted()).toEqual(ids.toSorted())
  await live.stop()
})
