import { expect, test } from 'vitest'
import { connect } from './index.ts'
import { eventually } from './testing/reader.ts'
import { ScriptedServer } from './testing/server.ts'
import { createTurnstile } from './turnstile.ts'

test('so many pass at once, the others later and in order', async () => {
  const pass = createTurnstile(3, 5)
  const passed: number[] = []
  for (let n = 0; n < 8; n += 1) pass(() => passed.push(n))
  expect(passed).toEqual([0, 1, 2])
  await eventually(() => passed.length === 8)
  expect(passed).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
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
