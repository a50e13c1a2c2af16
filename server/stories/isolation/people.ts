import { expect } from 'vitest'
import { suspendUser } from '../../../db/queries/testing.ts'
import { UserId } from '../../../shared/contract/ids.ts'
import type { PeopleApp, Person } from '../../testing/clients/people.ts'
import type { Things } from './table.ts'

export const SECRET = 'a secret of Ada'

/** Makes Ada's things: a conversation whose answer waits for her, a share, a key, a login. */
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

/**
 * Everybody who tries the table: Ada, the owner; Bob; Carol, who is suspended; and invalid logins. It needs a server
 * with AUTH_SIGNUP=open and the tool that always asks for approval.
 */
export async function peopleOf(app: PeopleApp) {
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
  return { things, ada, bob, carol, carolsKey, reading, noLogin }
}
