import { expect, test } from 'vitest'
import type { Declaration } from '../../../shared/contract/api/declare.ts'
import { procedureRecord } from '../../http/rest/procedures.ts'
import { appRouter } from '../../router.ts'
import { askFirst } from '../../testing/ask-first.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { startAccounts } from '../../testing/clients/people.ts'
import { SILENT, rest, trpcHttp, trpcSocket } from '../../testing/clients/surfaces.ts'
import type { Outcome, Surface } from '../../testing/clients/surfaces.ts'
import { isolation } from './table.ts'
import type { Expected, Things } from './table.ts'
import { peopleOf, SECRET } from './people.ts'

const surfaces: Record<string, Surface> = { rest, trpcHttp, trpcSocket }

/** The declarations of all procedures of the router. */
const declarations = Object.entries(procedureRecord(appRouter)).map(
  ([name, { _def }]) => [name, _def.meta as Declaration] as const,
)

function expectOfAnother(expected: Expected, outcome: Outcome, things: Things): void {
  if (expected === 'own') {
    expect(outcome).toHaveProperty('text')
    const text = 'text' in outcome ? outcome.text : ''
    const { shareToken, ...ids } = things
    for (const hidden of [SECRET, shareToken, ...Object.values(ids)]) {
      expect(text).not.toContain(hidden)
    }
    return
  }
  if (expected === 'public') return expect(outcome).toHaveProperty('text')
  const codes = { missing: 'NOT_FOUND', taken: 'CONFLICT', admin: 'FORBIDDEN' }
  expect(outcome).toEqual({ code: codes[expected] })
}

test('every procedure is in the table of who may have what, and in no other', () => {
  expect(declarations.map(([name]) => name).toSorted()).toEqual(Object.keys(isolation).toSorted())
  for (const [name, declaration] of declarations) expect(declaration.name).toBe(name)
})

onEachStorage((database, openStorage) => {
  test(`nobody gets what is somebody else’s, nor anything by a login that is none, over any surface (P10, ${database})`, async () => {
    await using storage = await openStorage()
    const env = { AUTH_SIGNUP: 'open' }
    await using app = await startAccounts(storage, { env, tools: [askFirst] })
    const { things, bob, carol, carolsKey, reading, noLogin, ada } = await peopleOf(app)
    for (const [name, declaration] of declarations) {
      const entry = isolation[name as keyof typeof isolation]
      const input = entry.input?.(things)
      for (const [surface, call] of Object.entries(surfaces)) {
        if (surface === 'rest' && declaration.kind === 'subscription') continue
        const tried = async (who: string, token: string | null, check: (got: Outcome) => void) => {
          const got = await call(app.url, declaration, input, token)
          expect.soft(() => check(got), `${name} over ${surface} as ${who}`).not.toThrow()
        }
        const trials: Promise<void>[] = []
        for (const [who, token] of Object.entries(noLogin)) {
          trials.push(
            tried(who, token, (got) =>
              token === null && declaration.access === 'anyone'
                ? expect(got).toHaveProperty('text')
                : expect(got).toEqual({ code: 'UNAUTHORIZED' }),
            ),
          )
        }
        for (const token of [carol.token, carolsKey.key]) {
          trials.push(
            tried('somebody suspended', token, (got) =>
              declaration.access === 'anyone'
                ? expect(got).toHaveProperty('text')
                : expect(got).toEqual({ code: 'FORBIDDEN' }),
            ),
          )
        }
        if (declaration.kind === 'mutation') {
          trials.push(
            tried('a key that may only read', reading.key, (got) =>
              expect(got).toEqual({ code: 'FORBIDDEN' }),
            ),
          )
        }
        await Promise.all(trials)
        // tRPC's server-sent events connect everybody first; access is granted when no error follows.
        const waits = SILENT.has(name) && surface === 'trpcHttp'
        if (entry.endsOneself || waits) continue
        await tried('somebody else', bob.token, (got) =>
          expectOfAnother(entry.expected, got, things),
        )
      }
    }
    // None of this changed anything of Ada's.
    const { body } = await app.ask(`/api/session/${things.sessionId}`, { token: reading.key })
    expect(JSON.stringify(body)).toMatch(/a secret of Ada.*awaiting-approval/)
    const keys = await app.ask('/api/key', { token: ada.token })
    expect(JSON.stringify(keys.body)).toContain(things.keyId)
  })
})
