import { DefaultChatTransport, readUIMessageStream } from 'ai'
import OpenAI from 'openai'
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { partialOutput } from '../../../shared/session/partial-output.ts'
import { startConversation } from '../../testing/conversation.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import type { Watcher } from '../../testing/clients/watch.ts'

const Weather = z.object({ city: z.string(), degrees: z.number() })
const schema = z.toJSONSchema(Weather)
const output = { name: 'weather', schema }

/** Answers that are JSON of a schema, through every interface. */
onEachStorage((database, openStorage) => {
  describe(`structured output, on ${database}`, () => {
    test('is asked of the model, comes piece by piece, and is checked at its end', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      await app.caller.messages.send({ sessionId, text: 'Weather?', output })
      const call = await app.model.nextCall()
      expect(call.step.output).toEqual(output)
      call.say('{"city": "Ki')
      await live.until(
        ({ state }) => partialOutput(state?.messages.at(-1) ?? NOTHING) !== undefined,
      )
      expect(partialOutput(live.state?.messages.at(-1) ?? NOTHING)).toEqual({ city: 'Ki' })
      call.say('el", "degrees": 7}')
      call.finish()
      expect(await live.untilEvent('end')).toMatchObject({ outcome: 'completed', error: null })
      const whole = { city: 'Kiel', degrees: 7 }
      expect(partialOutput(live.state?.messages.at(-1) ?? NOTHING)).toEqual(whole)
    })

    test('has failed when it is not valid, says why, keeps what was said, and may be asked for again', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      const { messageId } = await app.caller.messages.send({ sessionId, text: 'Weather?', output })
      const call = await app.model.nextCall()
      call.say('{"city": "Kiel", "degrees": "cold"}')
      call.finish()
      expect(await live.untilEvent('end')).toMatchObject({
        outcome: 'failed',
        usage: { outputTokens: 5 },
        error: {
          ...{ code: 'output_invalid', retryable: true },
          message: expect.stringContaining('/degrees must be number'),
        },
      })
      const answer = live.state?.messages.at(-1)
      expect(answer?.parts).toMatchObject([{ type: 'text', text: expect.stringContaining('cold') }])
      expect(answer?.parentId).toBe(messageId)
      await app.caller.messages.regenerate({ id: answer?.id ?? '' })
      const again = await app.model.nextCall()
      expect(again.step.output).toEqual(output)
      again.say('no JSON')
      again.finish()
      const second = await ended(live, 2)
      expect(second).toMatchObject({ error: { message: expect.stringContaining('be parsed') } })
    })

    test('is what follows the calls, and is whole when it was cut and went on', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      await app.caller.messages.send({ sessionId, text: 'Weather?', output })
      const first = await app.model.nextCall()
      first.say('I look at the clock.')
      first.callTools({ name: 'current_time', arguments: {} })
      const second = await app.model.nextCall()
      second.say('{"city": "Kiel", "deg')
      second.push({ type: 'finish', finish: 'length' })
      expect(await live.untilEvent('end')).toMatchObject({ outcome: 'completed', finish: 'length' })
      await app.caller.messages.continue({ id: live.state?.messages.at(-1)?.id ?? '' })
      const on = await app.model.nextCall()
      expect(on.step.output).toBeUndefined()
      on.say('rees": 7}')
      on.finish()
      expect(await ended(live, 2)).toMatchObject({ outcome: 'completed', finish: 'stop' })
      const answer = live.state?.messages.at(-1) ?? NOTHING
      expect(partialOutput(answer)).toEqual({ city: 'Kiel', degrees: 7 })
    })

    test('is not asked of a refusal, and not of a schema by which nothing can be checked', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      const send = (wanted: object) =>
        app.caller.messages.send({ sessionId, text: 'Weather?', output: wanted })
      for (const wrong of [{ type: 'cat' }, { $ref: '#/$defs/none' }, { $async: true }]) {
        await expect(send({ schema: wrong })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
      }
      await send({ schema })
      const call = await app.model.nextCall()
      call.push({ type: 'refusal', text: 'I would rather not.' })
      call.finish()
      expect(await live.untilEvent('end')).toMatchObject({ outcome: 'completed' })
      await send({})
      const any = await app.model.nextCall()
      any.say('[1]')
      any.finish()
      expect(await ended(live, 2)).toMatchObject({ error: { code: 'output_invalid' } })
    })

    test('a pattern that takes for ever ends the answer and nothing else', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      const endless = { type: 'object', properties: { a: { pattern: '^(a+)+$' } } }
      await app.caller.messages.send({ sessionId, text: 'Go', output: { schema: endless } })
      const call = await app.model.nextCall()
      call.say(JSON.stringify({ a: `${'a'.repeat(60)}!` }))
      call.finish()
      expect(await live.untilEvent('end')).toMatchObject({ error: { code: 'output_invalid' } })
    })

    test('has OpenAI’s two ways of asking, in its own client', async () => {
      await using talk = await startConversation(openStorage)
      const { app } = talk
      const client = new OpenAI({
        baseURL: `${await app.listen()}/v1`,
        apiKey: 'any',
        maxRetries: 0,
      })
      const parsed = client.responses.parse({
        ...{ model: 'default', input: 'Weather?' },
        text: { format: zodTextFormat(Weather, 'weather') },
      })
      const call = await app.model.nextCall()
      expect(call.step.output).toMatchObject({ name: 'weather', strict: true })
      call.say('{"city":"Kiel",', '"degrees":7}')
      call.finish()
      const response = await parsed
      expect(response.output_parsed).toEqual({ city: 'Kiel', degrees: 7 })
      expect(response.text?.format).toMatchObject({ type: 'json_schema', name: 'weather' })
      const completed = client.chat.completions.parse({
        ...{ model: 'default', messages: [{ role: 'user', content: 'Weather?' }] },
        response_format: zodResponseFormat(Weather, 'weather'),
      })
      const second = await app.model.nextCall()
      expect(second.step.output).toMatchObject({ name: 'weather', strict: true })
      second.say('{"city":"Bonn","degrees":9}')
      second.finish()
      const [choice] = (await completed).choices
      expect(choice?.message.parsed).toEqual({ city: 'Bonn', degrees: 9 })
      const failing = client.responses.create({
        ...{ model: 'default', input: 'Weather?', text: { format: { type: 'json_object' } } },
      })
      const third = await app.model.nextCall()
      third.say('It rains.')
      third.finish()
      const message = expect.stringContaining('not the JSON')
      expect(await failing).toMatchObject({ status: 'failed', error: { message } })
      const param = 'text.format'
      const odd = { type: 'json_schema' as const, name: 'no name', schema }
      await expect(
        client.responses.create({ model: 'default', input: 'x', text: { format: odd } }),
      ).rejects.toMatchObject({ status: 400, param })
    })

    test('has a field in the AI SDK’s door', async () => {
      await using talk = await startConversation(openStorage)
      const { app } = talk
      const api = `${await app.listen()}/api/chat`
      const transport = new DefaultChatTransport({ api, body: { output } })
      const stream = await transport.sendMessages({
        ...{ chatId: 'c', trigger: 'submit-message', messageId: undefined, abortSignal: undefined },
        messages: [{ id: 'm', role: 'user', parts: [{ type: 'text', text: 'Weather?' }] }],
      })
      const reading = Array.fromAsync(readUIMessageStream({ stream }))
      const call = await app.model.nextCall()
      expect(call.step.output).toEqual(output)
      call.say('{"city":"Kiel","degrees":7}')
      call.finish()
      const text = (await reading).at(-1)?.parts.find((part) => part.type === 'text')?.text ?? ''
      expect(Weather.parse(JSON.parse(text))).toEqual({ city: 'Kiel', degrees: 7 })
    })
  })
})

const NOTHING = { parts: [] }

/** The nth end of an answer that the reader saw. */
async function ended(live: Watcher, nth: number) {
  const ends = () => live.events.filter(({ event }) => event.type === 'end')
  await live.until(() => ends().length >= nth)
  return ends().at(nth - 1)?.event
}
