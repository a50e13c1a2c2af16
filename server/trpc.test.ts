import { TRPCError } from '@trpc/server'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { group, mutation as declared } from '../shared/contract/api/declare.ts'
import { CommandError, notFound } from './api-error.ts'
import type { Context } from './trpc.ts'
import { createCallerFactory, mutation, procedure, router } from './trpc.ts'

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
    const caller = createCallerFactory(fallible)({} as Context)
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
  const as = (admin: boolean) =>
    createCallerFactory(guarded)({ user: { admin } } as Context).purge()
  expect(await as(true)).toBe('done')
  await expect(as(false)).rejects.toMatchObject({ code: 'FORBIDDEN' })
})

test('an answer that is not what is declared neither compiles nor leaves the server', async () => {
  const { count } = group('things', {
    count: declared({ rest: 'POST /count', summary: 'Count', output: z.object({ n: z.number() }) }),
  })
  const wrong = router({
    // @ts-expect-error it is a number
    count: mutation(count, async () => ({ n: 'many' })),
    // What a row has beside it stays here.
    more: mutation(count, async () => ({ n: 1, secret: 'x' })),
  })
  const caller = createCallerFactory(wrong)({} as Context)
  await expect(caller.count()).rejects.toMatchObject({ code: 'INTERNAL_SERVER_ERROR' })
  expect(await caller.more()).toEqual({ n: 1 })
})
