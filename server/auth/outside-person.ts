import type { Db } from '../../db/engine/database.ts'
import { ensurePersonOf } from '../../db/queries/accounts.ts'
import type { NewPerson } from '../../db/queries/accounts.ts'
import type { UserRow } from '../../db/queries/users.ts'
import { audit } from '../audit.ts'

type OutsidePerson = NewPerson & { issuer: string; subject: string }

/** The person here of somebody whom an issuer, or the embedding application, identifies; made if there is none. */
export async function findOrMakePerson(
  db: Db,
  person: OutsidePerson,
  { address, now }: { address: string; now(): string },
): Promise<UserRow> {
  const { row, isNew } = await ensurePersonOf(db, person)
  if (isNew) {
    await audit(db, { user: row, address }, now(), {
      action: 'user.created',
      targetId: row.id,
      detail: { by: 'issuer' },
    })
  }
  return row
}
