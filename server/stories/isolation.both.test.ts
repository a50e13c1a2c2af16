import { expect, test } from 'vitest'
import { suspendUser } from '../../db/queries/users.ts'
import { UserId } from '../../shared/contract/ids.ts'
import type { Declaration } from '../../shared/contract/api/declare.ts'
import { procedureRecord } from '../http/rest/procedures.ts'
import { appRouter } from '../router.ts'
import { askFirst } from '../testing/ask-first.ts'
import { onEachStorage } from '../testing/each-storage.ts'
import { startAccounts } from '../testing/people.ts'
import type { PeopleApp, Person } from '../testing/people.ts'
import { SILENT, rest, trpcHttp, trpcSocket } from '../testing/surfaces.ts'
import type { Outcome, Surface } from '../testing/surfaces.ts'
import { isolation } from './isolation-table.ts'
import type { Expected, Things } from './isolation-table.ts'

const SECRET = 'a secret of Ada'

const surfaces: Record<string, Surface> = { rest, trpcHttp, trpcSocket }

/** Every procedure of the router, as it declares itself. */
const declarations = Object.entries(procedureRecord(appRouter)).map(
  ([name, { _def }]) => [name, _def.meta as Declaration] as const,
)

/** What Ada has: a conversation whose answer waits for her, a share, a key, a login. */
async function fill(app: PeopleApp, { token }: Person): Promise<Things> {
  const post = async (path: string, body: object): Promise<Record<string, string>> =>
    (await app.ask(path, { token, body })).body as Record<string, string>
  const { id: sessionId = '' } = await post('/api/session', { title: SECRET })
  const sent = await post(`/api/session/${sessionId}/messages`, { text: SECRET })
  ;(await app.model.nextCall()).callTools({ name: 'ask_first', arguments: {} })
  const read = async (path: string) => JSON.stringify((await app.ask(path, { token })).body)
  const waits = /"id":"([^"]+)","name":"ask_first"/
  await expect.poll(() => read(`/api/session/${sessionId}`)).toMatch(/awaiting-approval/)
  const text = await read(`/api/session/${sessionId}`)
  const { messageId = '', runId = '' } = sent
  const share = await post('/api/share', { sessionId })
  const key = await post('/api/key', { name: SECRET })
  const logins = await read('/api/login')
  const uploaded = await fetch(`${app.url}/api/files`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'x-file-name': 'secret.txt' },
    body: SECRET,
  })
  const { id: fileId } = (await uploaded.json()) as { id: string }
  const [presetId, projectId] = [crypto.randomUUID(), crypto.randomUUID()]
  const put = (path: string) =>
    app.ask(path, { token, method: 'PUT', body: { name: SECRET, instructions: SECRET } })
  await put(`/api/preset/${presetId}`)
  await put(`/api/project/${projectId}`)
  return {
    ...{ presetId, projectId },
    ...{ sessionId, messageId, runId },
    answerId: /"id":"([^"]+)","sessionId":"[^"]+","parentId":"/.exec(text)?.[1] ?? '',
    callId: waits.exec(text)?.[1] ?? '',
    shareToken: share.token ?? '',
    keyId: key.id ?? '',
    fileId,
    loginId: /"id":"([^"]+)"/.exec(logins)?.[1] ?? '',
  }
}

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
    const { db } = app.services.database
    const ada = await app.setUp()
    const things = await fill(app, ada)
    const [bob, carol, dora] = await Promise.all(
      ['bob', 'carol', 'dora'].map((name) => app.signUp(`${name}@example.com`)),
    )
    if (!bob || !carol || !dora) throw new Error('three people were to sign up')
    const keyOf = async (person: Person, body: object = {}) =>
      (await app.ask('/api/key', { token: person.token, body: { name: 'k', ...body } })).body as {
        id: string
        key: string
      }
    const revoked = await keyOf(bob)
    await app.ask(`/api/key/${revoked.id}`, { token: bob.token, method: 'DELETE' })
    const soon = new Date(Date.parse(app.services.now()) + 500).toISOString()
    const expired = await keyOf(bob, { expiresAt: soon })
    await expect.poll(() => app.services.now() > soon).toBe(true)
    const reading = await keyOf(ada, { scope: 'read' })
    const carolsKey = await keyOf(carol)
    const { body: carolIs } = await app.ask('/api/me', { token: carol.token })
    await suspendUser(db, UserId.parse((carolIs as { id: string }).id), app.services.now())
    await app.ask('/api/auth/sign-out', { cookie: dora.cookie, body: {} })

    const noLogin: Record<string, string | null> = {
      nobody: null,
      'a key that was revoked': revoked.key,
      'a key that has expired': expired.key,
      'a key that was made up': `tl_${'A'.repeat(43)}`,
      'a login that was signed out': dora.token,
      'a login that was made up': 'A'.repeat(32),
      'a token of no issuer': 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.',
    }
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
        // Over server-sent events tRPC greets everybody, and what admits is that no error follows.
        const waits = SILENT.has(name) && surface === 'trpcHttp'
        if (entry.endsOneself || waits) continue
        await tried('somebody else', bob.token, (got) =>
          expectOfAnother(entry.expected, got, things),
        )
      }
    }
    // And nothing of hers was changed by any of it.
    const { body } = await app.ask(`/api/session/${things.sessionId}`, { token: reading.key })
    expect(JSON.stringify(body)).toMatch(/a secret of Ada.*awaiting-approval/)
    const keys = await app.ask('/api/key', { token: ada.token })
    expect(JSON.stringify(keys.body)).toContain(things.keyId)
  })
})
