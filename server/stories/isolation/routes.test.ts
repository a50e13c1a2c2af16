import { expect, test } from 'vitest'
import type { Declaration } from '../../../shared/contract/api/declare.ts'
import { procedureRecord, routeOf } from '../../http/rest/procedures.ts'
import { appRouter } from '../../router.ts'
import { memoryStorage } from '../../testing/app.ts'
import { askFirst } from '../../testing/ask-first.ts'
import { startAccounts } from '../../testing/clients/people.ts'
import { peopleOf, SECRET } from './people.ts'
import { routes } from './routes.ts'

/** The routes of procedures are tested by the table of procedures. */
const ofProcedures = new Set(
  Object.values(procedureRecord(appRouter)).flatMap(({ _def }) => {
    const declaration = _def.meta as Declaration
    if (declaration.kind === 'subscription') return []
    const { method, path } = routeOf(declaration)
    const url = `/api${path.replaceAll(/\{(.+?)\}/g, ':$1')}`
    return `${method} ${url}`
  }),
)

test('every route that is no procedure’s is in the table, and nobody gets what is somebody else’s, nor anything by a login that is none (P10)', async () => {
  await using storage = await memoryStorage()
  await using app = await startAccounts(storage, {
    env: { AUTH_SIGNUP: 'open' },
    tools: [askFirst],
  })
  const asGet = (route: string) => route.replace(/^HEAD /, 'GET ')
  const served = await app.routes()
  const raw = served.filter(
    (route) =>
      !ofProcedures.has(asGet(route)) && (asGet(route) === route || !served.includes(asGet(route))),
  )
  expect(raw.toSorted()).toEqual(Object.keys(routes).toSorted())
  const { things, ada, bob, carol, carolsKey, reading, noLogin } = await peopleOf(app)
  // An upload of Ada's that has begun.
  const headers = { 'tus-resumable': '1.0.0', 'upload-length': '5' }
  const begun = await app.ask('/api/files/uploads', { ...ada, method: 'POST', headers })
  things.uploadId = begun.headers.get('location')?.split('/').at(-1) ?? ''

  for (const [name, route] of Object.entries(routes)) {
    if ('anyone' in route) continue
    const [method = ''] = name.split(' ')
    const ask = async (token: string | null, by = method) => {
      const { body } = route
      const given = typeof body === 'function' ? JSON.stringify(body(things)) : body
      const answer = await fetch(app.url + route.path(things), {
        method: by,
        headers: {
          ...(typeof body === 'function' && { 'content-type': 'application/json' }),
          ...route.headers,
          ...(token !== null && { authorization: `Bearer ${token}` }),
        },
        ...(given !== undefined && { body: given }),
      })
      return { status: answer.status, text: await answer.text() }
    }
    for (const [who, token] of Object.entries(noLogin)) {
      expect.soft((await ask(token)).status, `${name} as ${who}`).toBe(401)
    }
    for (const token of [carol.token, carolsKey.key]) {
      expect.soft((await ask(token)).status, `${name} as somebody suspended`).toBe(403)
    }
    if (method !== 'GET' && method !== 'HEAD') {
      const { status } = await ask(reading.key)
      expect.soft(status, `${name} by a key that may only read`).toBe(route.reading ?? 403)
    }
    const other = await ask(bob.token)
    expect.soft(other.status, `${name} as somebody else`).toBe(route.other)
    expect.soft(other.text, name).not.toContain(SECRET)
    if (method === 'GET' && served.includes(`HEAD ${name.slice(4)}`)) {
      expect.soft((await ask(null, 'HEAD')).status, `HEAD of ${name} as nobody`).toBe(401)
      const { status } = await ask(bob.token, 'HEAD')
      expect.soft(status, `HEAD of ${name} as somebody else`).toBe(route.other)
    }
    if (route.mine !== undefined) {
      expect.soft((await ask(ada.token)).status, `${name} as its owner`).toBe(route.mine)
    }
  }
  // None of this changed anything of Ada's.
  const { body } = await app.ask(`/api/session/${things.sessionId}`, { token: reading.key })
  expect(JSON.stringify(body)).toMatch(/a secret of Ada.*awaiting-approval/)
  const file = await app.ask(`/api/files/${things.fileId}`, { token: reading.key })
  expect(file.body).toBe(SECRET)
})
