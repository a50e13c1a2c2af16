import { expect, test } from 'vitest'
import { framesEncoder, splitFrames } from './frames.ts'
import { connect } from '../index.ts'
import { ScriptedServer } from '../testing/server.ts'

test('frames hold all messages in order, none too many, whatever is in their text', () => {
  const messages = Array.from({ length: 40 }, (_, id) => ({ id, text: `line\n${id}\u2028` }))
  const frames = splitFrames(String(framesEncoder.encode(messages))).map(framesEncoder.decode)
  expect(frames.flat()).toEqual(messages)
  expect(frames.map((frame) => Array.isArray(frame) && frame.length)).toEqual([16, 16, 8])
  expect(splitFrames(String(framesEncoder.encode({ id: 1 })))).toEqual(['{"id":1}'])
})

test('a hundred requests in one moment, and those held back while away, go out in batches that the server takes (P12)', async () => {
  await using server = await ScriptedServer.start()
  await server.halt()
  await using client = connect({ url: server.url })
  const away = Array.from({ length: 50 }, () => client.api.me.query())
  await server.listen()
  await Promise.all(away)
  await Promise.all(Array.from({ length: 50 }, () => client.api.me.query()))
  expect(server.largestBatch).toBeGreaterThan(1)
  expect(server.largestBatch).toBeLessThanOrEqual(20)
})
