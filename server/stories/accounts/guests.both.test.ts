import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { readAllowance } from '../../../db/queries/usage/allowances.ts'
import { UserId } from '../../../shared/contract/ids.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { idOf, startAccounts } from '../../testing/clients/people.ts'
import type { PeopleApp, Person } from '../../testing/clients/people.ts'

/** The first deletion of a person is undone as by a deadlock. What was taken of a sequence stays taken. */
const DEADLOCK_ONCE = [
  'create sequence deletions',
  `create function public.deadlock_once() returns trigger language plpgsql as $$
  begin
    if nextval('public.deletions') = 1 then
      raise exception 'deadlock detected' using errcode = '40P01';
    end if;
    return old;
  end $$`,
  'create trigger deadlock before delete on users for each row execute function public.deadlock_once()',
]

const PASSWORD = 'correct horse battery'

async function create(app: PeopleApp, { token }: Person, title: string): Promise<string> {
  const { body } = await app.ask('/api/session', { token, body: { title } })
  return (body as { id: string }).id
}

onEachStorage((database, openStorage) => {
  test(`a guest who registers in the middle of an answer keeps the conversation, and the answer goes on (${database})`, async () => {
    await using storage = await openStorage()
    const env = { AUTH_SIGNUP: 'open', AUTH_GUESTS: 'true' }
    await using app = await startAccounts(storage, { env })
    await app.setUp()
    const guest = await app.beGuest()
    const id = await create(app, guest, 'As a guest')
    await app.ask(`/api/session/${id}/messages`, { token: guest.token, body: { text: 'Hello' } })
    const call = await app.model.nextCall()
    call.say('Good ')
    const guestId = await idOf(app, guest)
    const body = { name: 'Bob', email: 'bob@example.com', password: PASSWORD }
    const registered = await app.ask('/api/auth/sign-up/email', { cookie: guest.cookie, body })
    expect(registered.status).toBe(200)
    const bob = await app.signIn('bob@example.com')
    expect(await idOf(app, bob)).toBe(guestId)
    call.say('day.')
    call.finish()
    const read = async () =>
      JSON.stringify((await app.ask(`/api/session/${id}`, { token: bob.token })).body)
    await expect.poll(read).toMatch(/"text":"Good day\.".*"status":"completed"/)
    expect((await app.ask('/api/me', { token: guest.token })).status).toBe(401)
  })

  test(`a guest who signs in to an account gives it what they have, answers under way and what they used too (${database})`, async () => {
    await using storage = await openStorage()
    const env = { AUTH_SIGNUP: 'open', AUTH_GUESTS: 'true', LIMIT_TOKENS_PER_DAY: '100000' }
    await using app = await startAccounts(storage, { env })
    await app.setUp()
    const bob = await app.signUp('bob@example.com')
    const guest = await app.beGuest()
    const id = await create(app, guest, 'As a guest')
    await app.ask(`/api/session/${id}/messages`, { token: guest.token, body: { text: 'Hello' } })
    const call = await app.model.nextCall()
    call.say('Good ')
    const { email, password } = bob
    await app.ask('/api/auth/sign-in/email', { cookie: guest.cookie, body: { email, password } })
    expect((await app.ask('/api/me', { token: guest.token })).status).toBe(401)
    const read = async () =>
      JSON.stringify((await app.ask(`/api/session/${id}`, { token: bob.token })).body)
    expect(await read()).toContain('As a guest')
    // The next attempt at the answer belongs to Bob.
    const again = await app.model.nextCall()
    again.say('Good evening.')
    again.push({ type: 'usage', usage: { inputTokens: 100, outputTokens: 20 } })
    again.finish()
    await expect.poll(read).toMatch(/"text":"Good evening\.".*"status":"completed"/)
    // The reservation of the guest's call is released, its use stays counted, and both count for Bob.
    const { db } = app.services.database
    const payer = UserId.parse(await idOf(app, bob))
    const allowance = () => readAllowance(db, { payer, day: app.services.now().slice(0, 10) })
    await expect.poll(async () => (await allowance()).tokensReserved).toBe(0)
    expect((await allowance()).tokens).toBeGreaterThan(120)
  })

  test(`a guest who signs in keeps what they have though a deadlock undoes the first try (${database})`, async () => {
    await using storage = await openStorage()
    const env = { AUTH_SIGNUP: 'open', AUTH_GUESTS: 'true' }
    await using app = await startAccounts(storage, { env })
    await app.setUp()
    const { email, password } = await app.signUp('bob@example.com')
    const guest = await app.beGuest()
    const id = await create(app, guest, 'As a guest')
    const { db } = app.services.database
    for (const statement of DEADLOCK_ONCE) await sql.raw(statement).execute(db)
    await app.ask('/api/auth/sign-in/email', { cookie: guest.cookie, body: { email, password } })
    const bob = await app.signIn('bob@example.com')
    expect((await app.ask(`/api/session/${id}`, { token: bob.token })).status).toBe(200)
  })
})
