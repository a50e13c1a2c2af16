import { describe, expect, test } from 'vitest'
import { arrayOf, objectOf } from '../../model/json.ts'
import {
  chatAnswer,
  chatChunk,
  sse,
  startScriptedProvider,
} from '../../model/testing/scripted-provider.ts'
import type { ScriptedReply, ScriptedRequest } from '../../model/testing/scripted-provider.ts'
import { startTestApp } from '../../testing/app.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { textOf, watch } from '../../testing/clients/watch.ts'
import { orphanRuns } from '../../testing/orphan-runs.ts'

const BEGINNING = 'The answer begins, and it '

onEachStorage((database, openStorage) => {
  /** @param later the replies after the takeover, in order */
  async function takenOver(...later: ScriptedReply[]) {
    await using opened = new AsyncDisposableStack()
    const replies = [{ body: [sse(chatChunk({ content: BEGINNING }))], ending: 'hold' as const }]
    const asked: ScriptedRequest[] = []
    const provider = opened.use(
      await startScriptedProvider(
        (request) => {
          if (!objectOf(request.body).tools) return { status: 500 }
          asked.push(request)
          return [...replies, ...later][asked.length - 1] ?? { status: 500 }
        },
        // Strict providers refuse an assistant's message at the end, which is what this story sends.
        { isStrict: false },
      ),
    )
    const storage = opened.use(await openStorage())
    const app = opened.use(
      await startTestApp({
        model: undefined,
        env: { ...storage.env, OPENAI_BASE_URL: provider.baseUrl },
      }),
    )
    const { id: sessionId } = await app.caller.sessions.create({ title: 'Prefix' })
    const live = opened.use(watch(app.caller, sessionId))
    await live.untilEvent('snapshot')
    const text = () => textOf(live.state, live.state?.messages.at(-1)?.id ?? '')
    await app.caller.messages.send({ sessionId, text: 'Hello' })
    await live.until(() => text() === BEGINNING)
    const orphan = (attempts?: number) => orphanRuns(app, attempts)
    await orphan()
    await live.untilEvent('end')
    const resources = opened.move()

    return {
      ...{ app, asked, live, sessionId, text, orphan },
      starts: () =>
        live.events.flatMap(({ event }) =>
          event.type === 'start' ? [[event.attempt, event.keepParts]] : [],
        ),
      [Symbol.asyncDispose]: () => resources.disposeAsync(),
    }
  }

  const lastOf = (request: ScriptedRequest | undefined) =>
    arrayOf(objectOf(request?.body).messages).at(-1)
  const prefix = { role: 'assistant', content: BEGINNING.trimEnd() }

  describe(`a Chat server that goes on with a text, on ${database}`, () => {
    test('is given what was said before a takeover, and nothing is said twice (P6)', async () => {
      await using talk = await takenOver({ body: [chatAnswer(' goes', ' on.')] })
      expect(talk.asked[1]?.body).toMatchObject({
        continue_final_message: true,
        add_generation_prompt: false,
      })
      expect(lastOf(talk.asked[1])).toEqual(prefix)
      expect(talk.text()).toBe(`${BEGINNING}goes on.`)
      expect(talk.starts()).toEqual([
        [1, 0],
        [2, 1],
      ])
      const chunks = talk.live.events.flatMap(({ event }) =>
        event.type === 'chunk' ? [event] : [],
      )
      expect(chunks.map(({ text }) => text).join('')).toBe(talk.text())
    })

    test('that does not know how it is told is given the text alone, and that is remembered', async () => {
      const refusal = {
        status: 400,
        headers: { 'content-type': 'application/json' },
        body: [
          JSON.stringify({
            error: { message: "property 'continue_final_message' is unsupported" },
          }),
        ],
      }
      await using talk = await takenOver(refusal, { body: [chatAnswer('goes on.')] })
      expect(talk.asked[2]?.body).not.toHaveProperty('continue_final_message')
      expect(lastOf(talk.asked[2])).toEqual(prefix)
      expect(talk.text()).toBe(`${BEGINNING}goes on.`)
    })

    test('that wants the text marked gets it so', async () => {
      const refusal = {
        status: 400,
        headers: { 'content-type': 'application/json' },
        body: [
          JSON.stringify({
            message:
              'Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant',
          }),
        ],
      }
      await using talk = await takenOver(refusal, { body: [chatAnswer('goes on.')] })
      expect(lastOf(talk.asked[2])).toEqual({ ...prefix, prefix: true })
      expect(talk.text()).toBe(`${BEGINNING}goes on.`)
    })

    test('that says nothing more has said all, whenever the end itself was cut', async () => {
      await using talk = await takenOver({ body: [chatAnswer()] })
      expect(talk.text()).toBe(BEGINNING)
      expect(talk.live.state?.messages.at(-1)).toMatchObject({ status: 'completed', error: null })
      expect(talk.asked).toHaveLength(2)
    })

    test('is asked to go on as often as it writes more of the answer, and not for ever (P6, P13)', async () => {
      const cut = (content: string): ScriptedReply => ({
        ...{ body: [sse(chatChunk({ content }))], ending: 'hold' },
      })
      await using talk = await takenOver(
        { body: [chatAnswer('ends.')] },
        ...[cut(BEGINNING), cut('goes on'), { body: [chatAnswer(' and ends.')] }, cut(BEGINNING)],
      )
      const { app, live, sessionId } = talk
      const ask = async (text: string) => {
        await app.caller.messages.send({ sessionId, text })
        await live.until(() => talk.text() === BEGINNING)
      }
      await ask('At length')
      await talk.orphan(6)
      await live.until(() => talk.text() === `${BEGINNING}goes on`)
      await talk.orphan()
      await live.until(({ state }) => state?.messages.at(-1)?.status === 'completed')
      expect(talk.text()).toBe(`${BEGINNING}goes on and ends.`)
      expect(talk.starts().at(-1)).toEqual([8, 1])
      await ask('In vain')
      await talk.orphan(7)
      await live.until(({ state }) => state?.messages.at(-1)?.status === 'interrupted')
      expect(talk.text()).toBe(BEGINNING)
    })

    test('that may be saying a short beginning again is asked anew, and tried again later', async () => {
      await using talk = await takenOver(
        { body: [chatAnswer('goes on.')] },
        { body: [sse(chatChunk({ content: '1' }))], ending: 'hold' },
        { body: [chatAnswer('1, 12')] },
        { body: [chatAnswer('Eleven.')] },
        { body: [sse(chatChunk({ content: BEGINNING }))], ending: 'hold' },
        { body: [chatAnswer('goes on.')] },
      )
      const { sessionId } = talk
      const ask = async (text: string, cut: string, whole: string) => {
        await talk.app.caller.messages.send({ sessionId, text })
        await talk.live.until(() => talk.text() === cut)
        await talk.orphan()
        await talk.live.until(() => talk.text() === whole)
        await talk.live.until(({ state }) => state?.session.running === false)
      }
      await ask('A number?', '1', 'Eleven.')
      expect(talk.asked).toHaveLength(5)
      await ask('And?', BEGINNING, `${BEGINNING}goes on.`)
      expect(lastOf(talk.asked[6])).toEqual(prefix)
    })

    test.each([
      [
        'says the whole again',
        { body: [chatAnswer('The answer begins', ', and it ', 'is told.')] },
      ],
      ['thinks anew', { body: [sse(chatChunk({ reasoning_content: 'Hm.' })), chatAnswer('No.')] }],
      [
        'refuses it',
        {
          status: 400,
          headers: { 'content-type': 'application/json' },
          body: [JSON.stringify({ error: { message: 'the last message must be of a user' } })],
        },
      ],
    ])('that %s is asked anew, and not tried again', async (_what, second) => {
      await using talk = await takenOver(
        second,
        { body: [chatAnswer('Another answer.')] },
        { body: [sse(chatChunk({ content: 'More' }))], ending: 'hold' },
        { body: [chatAnswer('More is said.')] },
      )
      expect(lastOf(talk.asked[2])).toEqual({ role: 'user', content: 'Hello' })
      expect(talk.text()).toBe('Another answer.')
      expect(talk.starts()).toEqual([
        [1, 0],
        [2, 1],
        [3, 0],
      ])
      await talk.app.caller.messages.send({ sessionId: talk.sessionId, text: 'And?' })
      await talk.live.until(() => talk.text() === 'More')
      await talk.orphan()
      await talk.live.until(() => talk.text() === 'More is said.')
      expect(talk.starts().slice(-2)).toEqual([
        [1, 0],
        [2, 0],
      ])
    })
  })
})
