import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { UserId } from '../../../shared/contract/ids.ts'
import { startTestApp } from '../../testing/app.ts'
import { finishDeletions } from './delete-account.ts'

test('a deletion that fails is finished by a later look, and keeps none behind it', async () => {
  await using app = await startTestApp()
  const { db } = app.services.database
  const ids = [UserId.parse(crypto.randomUUID()), UserId.parse(crypto.randomUUID())] as const
  for (const id of ids) {
    await db
      .insertInto('users')
      .values({
        ...{ id, name: 'Ada', email: `${id}@example.com`, role: 'member' },
        ...{ account_status: 'suspended', subscription_tier: 'free' },
        deleting_at: app.services.now(),
      })
      .execute()
  }
  await sql`create function refuse() returns trigger language plpgsql as $$
    begin if old.id = ${sql.lit(ids[0])} then raise exception 'not now'; end if; return old; end $$`.execute(
    db,
  )
  await sql`create trigger refuse before delete on users for each row execute function refuse()`.execute(
    db,
  )
  const left = () =>
    db.selectFrom('users').select('id').where('deleting_at', 'is not', null).execute()
  const errors: unknown[] = []
  const finish = () => finishDeletions(app.services, (error) => errors.push(error))
  await finish()
  expect(await left()).toEqual([{ id: ids[0] }])
  expect(errors).toMatchObject([{ message: expect.stringContaining('not now') }])
  await sql`drop trigger refuse on users`.execute(db)
  await finish()
  expect(await left()).toEqual([])
})
