import { TRPCError } from '@trpc/server'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { OFF } from './telemetry/telemetry.ts'
import {
  group,
  mutation as declared,
  query as declaredQuery,
  subscription,
} from '../shared/contract/api/declare.ts'
import { UserId } from '../shared/contract/ids.ts'
import { CommandError, notFound } from './api-error.ts'
import { localAsker } from './auth/local-owner.ts'
import type { Login, User } from './auth/port.ts'
import type { Context } from './trpc.ts'
import { createCallerFactory, mutation, procedure, query, router } from './trpc.ts'

const failures: Record<string, () => unknown> = {
  'a refused connection': () => Object.assign(new Error('no'), { code: 'ECONNREFUSED' }),
  'all connections being taken': () => Object.assign(new Error('no'), { code: '53300' }),
  'a shutdown': () => Object.assign(new Error('no'), { code: '57P01' }),
  'a full pool': () => new Error('timeout exceeded when trying to connect'),
  'a command that is refused': () => new CommandError('CONFLICT', 'Not now.'),
  'something that is not there': () => notFound('session'),
  'a bug': () => new TypeError('x is not a function'),
}

const codes: Record<string, string> = {
  'a refused connection': 'SERVICE_UNAVAILABLE',
  'all connections being taken': 'SERVICE_UNAVAILABLE',
  'a shutdown': 'SERVICE_UNAVAILABLE',
  'a full pool': 'SERVICE_UNAVAILABLE',
  'a command that is refused': 'CONFLICT',
  'something that is not there': 'NOT_FOUND',
  'a bug': 'INTERNAL_SERVER_ERROR',
}

/** Nothing else of the services is used by these procedures. */
const services = { limits: null, telemetry: OFF } as Partial<
  Context['services']
> as Context['services']

/** The context of somebody's call. */
function asked(user: Partial<User> = {}, login: Partial<Login> = {}): Context {
  const somebody = localAsker({
    ...{ id: uuidOf(1), name: 'Ada', email: null, role: 'member', suspended: false, limits: {} },
    ...{ createdAt: '2026-01-01T00:00:00.000Z', ...user },
  })
  const asker = { user: somebody.user, login: { ...somebody.login, ...login } }
  return { asker: () => asker, services } as Partial<Context> as Context
}

const nobody = { asker: () => null, services } as Partial<Context> as Context

function uuidOf(number: number) {
  return UserId.parse(`00000000-0000-7000-8000-${String(number).padStart(12, '0')}`)
}

const input = z.string()
const throwFor = (name: string): never => {
  throw failures[name]?.()
}
const fallible = router({
  query: procedure.input(input).query(({ input: name }) => throwFor(name)),
  mutation: procedure.input(input).mutation(({ input: name }) => throwFor(name)),
  atOnce: procedure.input(input).subscription(async function* ({ input: name }) {
    yield throwFor(name)
  }),
  later: procedure.input(input).subscription(async function* ({ input: name }) {
    yield 1
    throwFor(name)
  }),
})

test.each(Object.keys(failures))(
  'whatever kind of procedure fails by %s, its caller is told the same',
  async (name) => {
    const caller = createCallerFactory(fallible)(asked())
    const read = async (events: AsyncIterable<unknown>) => {
      for await (const _ of events);
    }
    const thrown = await Promise.all(
      [
        async () => caller.query(name),
        async () => caller.mutation(name),
        async () => read(await caller.atOnce(name)),
        async () => read(await caller.later(name)),
      ].map((call) =>
        call().then(
          () => null,
          (error: unknown) => error,
        ),
      ),
    )
    expect(thrown.map((error) => (error instanceof TRPCError ? error.code : error))).toEqual(
      Array.from({ length: 4 }, () => codes[name]),
    )
  },
)

test('what is declared for administrators refuses everybody else', async () => {
  const { purge } = group('admin', {
    purge: declared({ rest: 'POST /purge', summary: 'Purge', access: 'admin', output: z.string() }),
  })
  const guarded = router({ purge: mutation(purge, async () => 'done') })
  const as = (role: 'admin' | 'member') => createCallerFactory(guarded)(asked({ role })).purge()
  expect(await as('admin')).toBe('done')
  await expect(as('member')).rejects.toMatchObject({ code: 'FORBIDDEN' })
})

test('who is not signed in, suspended, or has a key that may only read, gets no further than they may (P10)', async () => {
  const things = group('things', {
    read: declaredQuery({ rest: 'GET /read', summary: 'Read' }),
    costly: declaredQuery({ rest: 'GET /costly', summary: 'Read at a price', scope: 'write' }),
    write: declared({ rest: 'POST /write', summary: 'Write' }),
    open: declaredQuery({ rest: 'GET /open', summary: 'Read by anybody', access: 'anyone' }),
    follow: subscription({}),
  })
  const done = async () => 'done'
  const all = router({
    read: query(things.read, done),
    costly: query(things.costly, done),
    write: mutation(things.write, done),
    open: query(things.open, async ({ user }) => (user ? 'done' : 'done for nobody')),
    follow: procedure.meta(things.follow).subscription(async function* () {
      yield 'done'
    }),
  })
  const as = async (context: Context) => {
    const caller = createCallerFactory(all)(context)
    const codeOf = (call: Promise<unknown>) =>
      call.catch((error: unknown) => (error instanceof TRPCError ? error.code : error))
    const { read, costly, write, open } = caller
    const asked = await Promise.all([read(), costly(), write(), open()].map(codeOf))
    const followed = await codeOf(caller.follow().then(() => 'done'))
    return [...asked, followed]
  }
  const thrice = (code: string) => [code, code, code]
  expect(await as(nobody)).toEqual([...thrice('UNAUTHORIZED'), 'done for nobody', 'UNAUTHORIZED'])
  expect(await as(asked())).toEqual(['done', 'done', 'done', 'done', 'done'])
  const suspended = asked({ suspended: true, role: 'admin' })
  expect(await as(suspended)).toEqual([...thrice('FORBIDDEN'), 'done', 'FORBIDDEN'])
  const reading = asked({ role: 'admin' }, { kind: 'key', scope: 'read' })
  expect(await as(reading)).toEqual(['done', 'FORBIDDEN', 'FORBIDDEN', 'done', 'done'])
})

test('an answer that is not what is declared neither compiles nor leaves the server', async () => {
  const { count } = group('things', {
    count: declared({ rest: 'POST /count', summary: 'Count', output: z.object({ n: z.number() }) }),
  })
  const wrong = router({
    // @ts-expect-error it is a number
    count: mutation(count, async () => ({ n: 'many' })),
    // Other columns of the row do not leave the server.
    more: mutation(count, async () => ({ n: 1, secret: 'x' })),
  })
  const caller = createCallerFactory(wrong)(asked())
  await expect(caller.count()).rejects.toMatchObject({ code: 'INTERNAL_SERVER_ERROR' })
  expect(await caller.more()).toEqual({ n: 1 })
})
