import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { chatRequest } from '../../model/chat/chat-request.ts'
import { prepareStep } from '../../model/request/prepared-step.ts'
import { responsesRequest } from '../../model/responses/responses-request.ts'
import { startConversation } from '../../testing/conversation.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { defineTool } from '../../tools/define.ts'
import { tealPicture } from '../../testing/teal-picture.ts'

const picture = async (): Promise<Buffer> => Buffer.from(await tealPicture(40, 20))

/** Makes a picture, a note, and a file that is larger than allowed. */
const draw = defineTool({
  name: 'draw',
  description: 'Draws.',
  input: z.object({ tooLarge: z.boolean().default(false) }),
  output: z.object({ drawn: z.boolean() }),
  effect: 'once',
  approval: 'never',
  async execute({ tooLarge }, { attach }) {
    attach({ name: '../drawing.png', mimeType: 'image/png', data: await picture() })
    attach({ name: 'note.txt', mimeType: 'text/plain', data: Buffer.from('The key is 42.') })
    if (tooLarge) {
      attach({ name: 'huge.bin', mimeType: null, data: Buffer.alloc(1024 * 1024 + 1) })
    }
    return { drawn: true }
  },
})

onEachStorage((database, openStorage) => {
  describe(`on ${database}, what a tool brings`, () => {
    test('is stored, shown, given to a model that sees, and never bytes in the log (P16)', async () => {
      await using talk = await startConversation(openStorage, {
        tools: [draw],
        env: { FILE_MAX_MB: '1' },
      })
      const { app, sessionId, live } = talk
      const url = await app.listen()
      await app.caller.messages.send({ sessionId, text: 'Draw' })
      ;(await app.model.nextCall()).callTools({ name: 'draw', arguments: { tooLarge: true } })
      const next = await app.model.nextCall()
      const result = next.step.messages.at(-1)
      expect(result).toMatchObject({
        role: 'tool',
        failed: false,
        output: expect.stringContaining('"note.txt" (text/plain, 14 bytes)'),
        files: [{ kind: 'image', name: 'drawing.png', data: expect.any(String) }],
      })
      expect(JSON.stringify(result)).toContain('huge.bin” was not stored: it has more than 1 MB')
      const endpoint = { baseUrl: 'http://x/v1', host: 'x', kind: 'compatible' as const }
      const step = prepareStep(next.step, endpoint, new Set())
      const chat = chatRequest(step).messages.slice(-3)
      expect(chat).toMatchObject([
        { role: 'tool', content: expect.any(String) },
        { role: 'assistant' },
        { role: 'user', content: [{ type: 'text' }, { type: 'image_url' }] },
      ])
      const { input } = responsesRequest(step)
      expect(input?.at(-1)).toMatchObject({
        type: 'function_call_output',
        output: [{ type: 'input_text' }, { type: 'input_image' }],
      })
      const plain = prepareStep(next.step, endpoint, new Set(['files-in-results' as const]))
      expect(responsesRequest(plain).input?.slice(-3)).toMatchObject([
        { type: 'function_call_output', output: expect.any(String) },
        { role: 'assistant' },
        { role: 'user', content: [{ type: 'input_text' }, { type: 'input_image' }] },
      ])
      const blind = prepareStep(next.step, endpoint, new Set(['pictures' as const]))
      expect(JSON.stringify(chatRequest(blind))).not.toContain('image_url')
      expect(JSON.stringify(chatRequest(blind))).toContain('cannot be seen here')
      const readable = z
        .string()
        .parse(
          /"note.txt" .*?id ([0-9a-f-]{36})/.exec(JSON.stringify(result).replaceAll('\\', ''))?.[1],
        )
      next.callTools({ name: 'read_file', arguments: { file: readable } })
      const last = await app.model.nextCall()
      expect(JSON.stringify(last.step.messages.at(-1))).toContain('The key is 42.')
      last.say('Drawn.')
      last.finish()
      await live.untilEvent('end')

      const [call] = callsIn(live.state?.messages)
      expect(call).toMatchObject({
        status: 'completed',
        output: { drawn: true },
        files: [
          { name: 'drawing.png', kind: 'image', width: 40, mimeType: 'image/png' },
          { name: 'note.txt', kind: 'text' },
        ],
        fileNotes: [expect.stringContaining('huge.bin')],
      })
      const { events } = await app.caller.sessions.log({ id: sessionId })
      expect(JSON.stringify(events)).not.toContain(
        (await picture()).toString('base64').slice(0, 40),
      )
      const [image] = call?.files ?? []
      const response = await fetch(`${url}/api/files/${image?.id}`)
      expect(Buffer.from(await response.arrayBuffer()).equals(await picture())).toBe(true)
      // The file is deleted with the answer, and not before.
      await expect(app.caller.files.delete({ id: image?.id ?? '' })).rejects.toMatchObject({
        code: 'CONFLICT',
      })
      const { content: data } = await app.caller.sessions.export({ id: sessionId, format: 'json' })
      const [copy] = (await app.caller.sessions.import({ data })).sessions
      const messageId = live.state?.messages.at(-1)?.id ?? ''
      const fork = await app.caller.sessions.fork({ messageId })
      await app.caller.sessions.delete({ id: sessionId })
      for (const id of [copy?.id ?? '', fork.id]) {
        const { messages } = await app.caller.messages.list({ sessionId: id })
        expect(callsIn(messages)[0]?.files).toEqual(call?.files)
        expect((await fetch(`${url}/api/files/${image?.id}?width=10`)).status).toBe(200)
        await app.caller.sessions.delete({ id })
      }
      expect((await fetch(`${url}/api/files/${image?.id}`)).status).toBe(404)
    })
  })
})

type Told = readonly { parts: readonly { type: string }[] }[]

function callsIn(messages: Told | undefined) {
  const Part = z.object({
    call: z.looseObject({ files: z.array(z.looseObject({ id: z.string() })).optional() }),
  })
  return (messages ?? []).flatMap(({ parts }) =>
    parts.flatMap((part) => (part.type === 'tool' ? [Part.parse(part).call] : [])),
  )
}
