import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { startTestApp } from '../../testing/app.ts'
import type { TestApp } from '../../testing/app.ts'
import { startBackgroundProvider } from '../../testing/services/background-provider.ts'
import { ACCOUNTS, callerAs, makePerson } from '../../testing/clients/callers.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { textOf, watch } from '../../testing/clients/watch.ts'
import { orphanRuns } from '../../testing/orphan-runs.ts'

const WORDS = [
  'The ',
  'answer ',
  'goes ',
  'on ',
  'wherever ',
  'it ',
  'was ',
  'cut',
  '. 🙂',
  ' End.',
]

onEachStorage((database, openStorage) => {
  async function open(env: Record<string, string> = {}) {
    await using opened = new AsyncDisposableStack()
    const provider = opened.use(await startBackgroundProvider())
    const storage = opened.use(await openStorage())
    const app = opened.use(
      await startTestApp({
        model: undefined,
        env: {
          ...storage.env,
          OPENAI_API_KEY: 'sk-test',
          OPENAI_BASE_URL: provider.baseUrl,
          OPENAI_API: 'responses',
          OPENAI_BACKGROUND: 'true',
          LLM_TIMEOUT: '2',
          ...env,
        },
      }),
    )
    const { id: sessionId } = await app.caller.sessions.create({ title: 'Background' })
    const live = opened.use(watch(app.caller, sessionId))
    await live.untilEvent('snapshot')
    const resources = opened.move()
    const said = (wanted: string) =>
      live.until(({ state }) => textOf(state, state?.messages.at(-1)?.id ?? '') === wanted)
    const starts = () =>
      live.events.flatMap(({ event }) =>
        event.type === 'start' ? [{ attempt: event.attempt, keepParts: event.keepParts }] : [],
      )
    return {
      ...{ app, provider, sessionId, live, said, starts },
      [Symbol.asyncDispose]: () => resources.disposeAsync(),
    }
  }

  describe(`answers in the provider's background, on ${database}`, () => {
    for (let cut = 0; cut <= WORDS.length; cut += 1) {
      test(`go on after a takeover at word ${cut}: nothing is said twice, lost or paid twice (P6)`, async () => {
        await using talk = await open()
        const { app, provider, sessionId, live } = talk
        await app.caller.messages.send({ sessionId, text: 'Hello' })
        const answer = await provider.next()
        expect(answer.request).toMatchObject({ background: true, stream: true, store: true })
        await untilKept(app)
        answer.say(...WORDS.slice(0, cut))
        await talk.said(WORDS.slice(0, cut).join(''))
        await orphanRuns(app)
        await live.until(() => talk.starts().length === 2)
        expect(talk.starts()[1]).toEqual({ attempt: 2, keepParts: cut === 0 ? 0 : 1 })
        answer.say(...WORDS.slice(cut))
        answer.finish()
        expect(await live.untilEvent('end')).toMatchObject({
          outcome: 'completed',
          usage: { inputTokens: 7, outputTokens: 5 },
        })
        expect(textOf(live.state, live.state?.messages.at(-1)?.id ?? '')).toBe(WORDS.join(''))
        const chunks = live.events.flatMap(({ event }) => (event.type === 'chunk' ? [event] : []))
        expect(chunks.map(({ text }) => text).join('')).toBe(WORDS.join(''))
        expect(provider.answers).toHaveLength(1)
        expect(answer.reopened).toEqual([0])
      })
    }

    test('count once on the person’s day, though two attempts set something aside (P15)', async () => {
      await using talk = await open(ACCOUNTS)
      const { app, provider } = talk
      const { db } = app.services.database
      const id = await makePerson(app, { limits: { tokensPerDay: 100_000 } })
      const ann = await callerAs(app, id)
      const { id: sessionId } = await ann.sessions.create({ title: 'Tokens' })
      await using live = watch(ann, sessionId)
      await live.untilEvent('snapshot')
      const day = async () => {
        const { rows } = await sql<{ used: number; aside: number }>`
          select tokens::int as used, tokens_reserved::int as aside from allowances`.execute(db)
        return rows
      }
      await ann.messages.send({ sessionId, text: 'Hello' })
      const answer = await provider.next()
      await untilKept(app)
      answer.say('One ')
      await live.until(({ state }) => textOf(state, state?.messages.at(-1)?.id ?? '') === 'One ')
      const [begun] = await day()
      expect(begun).toMatchObject({ used: 0 })
      expect(begun?.aside).toBeGreaterThan(1_000)
      await orphanRuns(app)
      await expect.poll(() => answer.reopened).toEqual([0])
      // The cut attempt leaves its reservation to the one that takes the answer up.
      expect(await day()).toEqual([begun])
      answer.say('two.')
      answer.finish()
      await live.untilEvent('end')
      await expect.poll(day).toEqual([{ used: 7 + 5, aside: 0 }])
    })

    test('go on when only the connection to the provider was cut, without another attempt', async () => {
      await using talk = await open()
      const { app, provider, sessionId, live } = talk
      await app.caller.messages.send({ sessionId, text: 'Hello' })
      const answer = await provider.next()
      answer.say('One ')
      await talk.said('One ')
      answer.cut()
      answer.say('two ')
      await talk.said('One two ')
      answer.cut()
      answer.say('three.')
      answer.finish()
      expect(await live.untilEvent('end')).toMatchObject({ outcome: 'completed' })
      expect(textOf(live.state, live.state?.messages.at(-1)?.id ?? '')).toBe('One two three.')
      expect(talk.starts()).toHaveLength(1)
      expect(provider.answers).toHaveLength(1)
    })

    test('are asked anew when the provider has them no more', async () => {
      await using talk = await open()
      const { app, provider, sessionId, live } = talk
      await app.caller.messages.send({ sessionId, text: 'Hello' })
      const answer = await provider.next()
      answer.say('Gone ')
      await talk.said('Gone ')
      provider.lose(answer)
      await orphanRuns(app)
      const second = await provider.next()
      second.say('Anew.')
      second.finish()
      expect(await live.untilEvent('end')).toMatchObject({ outcome: 'completed' })
      expect(textOf(live.state, live.state?.messages.at(-1)?.id ?? '')).toBe('Anew.')
      expect(talk.starts().at(-1)).toEqual({ attempt: 3, keepParts: 0 })
    })

    test('are asked anew, and cancelled, when they do not come in time', async () => {
      await using talk = await open({ LLM_TIMEOUT: '1' })
      const { app, provider, sessionId, live } = talk
      await app.caller.messages.send({ sessionId, text: 'Hello' })
      const answer = await provider.next()
      await untilKept(app)
      answer.follow = () => undefined
      await orphanRuns(app)
      const second = await provider.next()
      second.say('Anew.')
      second.finish()
      expect(await live.untilEvent('end')).toMatchObject({ outcome: 'completed' })
      await expect.poll(() => answer.cancelled).toBe(true)
    })

    test('are cancelled when they are stopped, also by a stop that was waiting for the takeover (P9)', async () => {
      await using talk = await open()
      const { app, provider, sessionId, live } = talk
      await app.caller.messages.send({ sessionId, text: 'Hello' })
      const answer = await provider.next()
      answer.say('Partly ')
      await talk.said('Partly ')
      await app.caller.runs.stop({ sessionId })
      expect(await live.untilEvent('end')).toMatchObject({ outcome: 'stopped' })
      await expect.poll(() => answer.cancelled, { timeout: 1_000 }).toBe(true)

      await app.caller.messages.send({ sessionId, text: 'Again' })
      const second = await provider.next()
      second.say('Kept ')
      await talk.said('Kept ')
      await sql`update runs set owner = gen_random_uuid(), stop_requested_at = now()
        where status = 'running'`.execute(app.services.database.db)
      await expect.poll(() => second.cancelled).toBe(true)
      await live.until(({ state }) => state?.messages.at(-1)?.status === 'stopped')
      expect(textOf(live.state, live.state?.messages.at(-1)?.id ?? '')).toBe('Kept ')
    })

    test('are cancelled when their session is deleted', async () => {
      await using talk = await open()
      const { app, provider, sessionId } = talk
      await app.caller.messages.send({ sessionId, text: 'Hello' })
      const answer = await provider.next()
      answer.say('Partly ')
      await talk.said('Partly ')
      await app.caller.sessions.delete({ id: sessionId })
      await expect.poll(() => answer.cancelled).toBe(true)
    })
  })
})

async function untilKept({ services }: TestApp): Promise<void> {
  await expect
    .poll(async () => {
      const { rows } = await sql`select from runs where generation is not null`.execute(
        services.database.db,
      )
      return rows.length
    })
    .toBe(1)
}
