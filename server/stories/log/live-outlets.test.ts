import fc from 'fast-check'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { amount } from '../../../scripts/testing/amount.ts'
import { readHeads } from '../../../db/queries/log/events.ts'
import { SessionId } from '../../../shared/contract/ids.ts'
import { createAccessPolicy } from '../../http/access/access.ts'
import { createHttpServer } from '../../http/server.ts'
import { ensureLocalOwner, localAsker } from '../../auth/local-owner.ts'
import type { OpenLive } from '../../http/sockets/open-live.ts'
import { appRouter } from '../../router.ts'
import { startTestApp } from '../../testing/app.ts'
import type { TestApp } from '../../testing/app.ts'
import { watchRaw } from '../../testing/clients/raw-watch.ts'
import type { ScriptedCall } from '../../testing/scripted-model.ts'

/** Actions in a session, and on its readers. */
type Step =
  | { type: 'say'; text: string }
  | { type: 'book'; length: number }
  | { type: 'call' }
  | { type: 'end' }
  | { type: 'regenerate' }
  | { type: 'rename'; title: string }
  | { type: 'cut' }

const is = <T extends string>(type: T) => fc.constant(type)
const anyText = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 })

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: is('say'), text: anyText }) },
  fc.record({ type: is('book'), length: fc.integer({ min: 1_000, max: 300_000 }) }),
  fc.record({ type: is('call') }),
  fc.record({ type: is('end') }),
  fc.record({ type: is('regenerate') }),
  fc.record({ type: is('rename'), title: fc.constantFrom('A', 'Über “alles”', '🦉') }),
  { weight: 2, arbitrary: fc.record({ type: is('cut') }) },
)

test(
  'past the generators come the same bytes, whatever happens and wherever readers are cut (P1, P2)',
  { timeout: 120_000 },
  async () => {
    await using servers = await startBoth()
    const { app } = servers
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 5, maxLength: 30 }), async (steps) => {
        const { id } = await app.caller.sessions.create({})
        let both = await Promise.all(servers.urls.map((url) => watchRaw(url, id)))
        // They look the session up one after the other, and shall see the same.
        await Promise.all(both.map((one) => one.reaches(0)))
        const talk = talkIn(app, id)
        for (const step of steps) {
          if (step.type === 'cut') {
            const states = both.map(({ state }) => state)
            await Promise.all(both.map((one) => one[Symbol.asyncDispose]()))
            both = await Promise.all(
              servers.urls.map((url, index) => watchRaw(url, id, states[index])),
            )
          } else {
            await talk(step)
          }
          const head = await headOf(app, id)
          await Promise.all(both.map((one) => one.reaches(head)))
          const [live, oracle] = both
          expect(live?.messages).toEqual(oracle?.messages)
          expect(live?.state).toEqual(oracle?.state)
        }
        await talk({ type: 'end' })
        await Promise.all(both.map((one) => one[Symbol.asyncDispose]()))
      }),
      { numRuns: amount(4, 60) },
    )
    expect(servers.live.events).toBeGreaterThan(20)
  },
)

test(
  'a reader that stops reading goes back to its cursor, and comes back without gap or repetition (P1, P2, P12)',
  { timeout: 120_000 },
  async () => {
    await using servers = await startBoth()
    const { app, live } = servers
    const [shortUrl = '', oracleUrl = ''] = servers.urls
    const { id } = await app.caller.sessions.create({})
    await using slow = await watchRaw(shortUrl, id)
    await using oracle = await watchRaw(oracleUrl, id)
    const talk = talkIn(app, id)
    for (let round = 0; round < amount(1, 4); round += 1) {
      await talk({ type: 'say', text: `Round ${round} begins. ` })
      await slow.reaches(await headOf(app, id))
      slow.pause()
      const refusedBefore = live.refused
      // The network buffers some megabytes before anything waits in the process.
      while (live.refused === refusedBefore) {
        await talk({ type: 'book', length: 400_000 })
        await oracle.reaches(await headOf(app, id))
      }
      const eventsBefore = live.events
      await talk({ type: 'say', text: 'Meanwhile. ' })
      expect(live.events).toBe(eventsBefore)
      slow.resume()
      await slow.reaches(await headOf(app, id))
      await talk({ type: 'say', text: 'Again at once. ' })
      await slow.reaches(await headOf(app, id))
      await talk({ type: 'say', text: 'And so on. ' })
      expect(live.events).toBeGreaterThan(eventsBefore)
    }
    await talk({ type: 'end' })
    const head = await headOf(app, id)
    await Promise.all([slow.reaches(head), oracle.reaches(head)])
    expect(slow.state).toEqual(oracle.state)
    await using fresh = await watchRaw(oracleUrl, id)
    await fresh.reaches(head)
    expect(slow.state?.messages.at(-1)).toEqual(fresh.state?.messages.at(-1))
  },
)

/** One app behind two servers: readers of the first get events directly, those of the second all through tRPC. */
async function startBoth() {
  await using opened = new AsyncDisposableStack()
  const app = opened.use(await startTestApp())
  const owner = localAsker(await ensureLocalOwner(app.services.database.db))
  const live = { events: 0, refused: 0 }
  const counting =
    (open: OpenLive): OpenLive =>
    (input, shown) => {
      const outlet = open(input, shown)
      return (
        outlet && {
          get full() {
            if (outlet.full) live.refused += 1
            return outlet.full
          },
          send(events) {
            live.events += events.length
            outlet.send(events)
          },
        }
      )
    }
  const urls: string[] = []
  for (const isShort of [true, false]) {
    const server = await createHttpServer({
      router: appRouter,
      createContext: ({ drained, live: open }) => ({
        services: app.services,
        asker: () => owner,
        drained,
        ...(isShort && open && { live: counting(open) }),
      }),
      access: createAccessPolicy({ publicUrl: null, allowedOrigins: [], mode: 'single' }),
      webRoot: '/nowhere',
      logger: pino({ level: 'silent' }),
      health: () => ({ version: '0', database: 'embedded', model: 'compatible' }),
      checkDatabase: async () => undefined,
    })
    opened.defer(() => server.close())
    urls.push(await server.listen({ host: '127.0.0.1', port: 0 }))
  }
  const resources = opened.move()
  return { app, live, urls, [Symbol.asyncDispose]: () => resources.disposeAsync() }
}

/** Carries out steps completely, one after the other. While text is said, one answer stays open. */
function talkIn(app: TestApp, sessionId: string) {
  let open: ScriptedCall | null = null
  let count = 0
  const begin = async (): Promise<ScriptedCall> => {
    if (open) return open
    await app.caller.messages.send({ sessionId, text: `Question ${(count += 1)}` })
    open = await app.model.nextCall()
    return open
  }
  const grown = async (act: () => void) => {
    const before = await headOf(app, sessionId)
    act()
    await expect
      .poll(() => headOf(app, sessionId), { interval: 2, timeout: 30_000 })
      .toBeGreaterThan(before)
    await app.services.log.flush()
  }
  const end = async () => {
    const call = open
    open = null
    if (call) {
      call.finish()
      await expect
        .poll(async () => (await app.caller.sessions.get({ id: sessionId })).running, {
          timeout: 30_000,
        })
        .toBe(false)
    }
  }
  return async (step: Exclude<Step, { type: 'cut' }>): Promise<void> => {
    switch (step.type) {
      case 'say':
      case 'book': {
        const call = await begin()
        return grown(() =>
          call.say(step.type === 'say' ? step.text : 'Abc “é” 🦉. '.repeat(step.length / 12)),
        )
      }
      case 'call': {
        const call = await begin()
        call.callTools({ name: 'get_current_time', arguments: {} })
        open = await app.model.nextCall()
        return
      }
      case 'end':
        return end()
      case 'regenerate': {
        await begin()
        await end()
        const { messages } = await app.caller.messages.list({ sessionId })
        await app.caller.messages.regenerate({ id: messages.at(-1)?.id ?? '' })
        open = await app.model.nextCall()
        return
      }
      case 'rename':
        await app.caller.sessions.update({ id: sessionId, title: step.title })
    }
  }
}

async function headOf(app: TestApp, id: string): Promise<number> {
  const sessionId = SessionId.parse(id)
  return (await readHeads(app.services.database.db, [sessionId])).get(sessionId) ?? 0
}
