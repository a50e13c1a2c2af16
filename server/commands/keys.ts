import { insertKey, revokeKey } from '../../db/queries/api-keys.ts'
import { keys } from '../../shared/contract/api/account.ts'
import { KeyId } from '../../shared/contract/ids.ts'
import { CommandError, notFound } from '../api-error.ts'
import { audit } from '../audit.ts'
import { hashSecret, newSecret } from '../auth/secret-hash.ts'
import { free } from './command.ts'

/** Characters of a key by which a person knows it again; what is left is no less of a secret. */
const PREFIX = 10

export const createKey = free(keys.create, async (context, input) => {
  const { database, user, login, address, now, newId } = context
  if (login.kind === 'guest') {
    throw new CommandError('CONFLICT', 'Keys are for accounts: sign up first.')
  }
  const createdAt = now()
  const expiresAt = input.expiresAt ? new Date(input.expiresAt).toISOString() : null
  if (expiresAt !== null && expiresAt <= createdAt) {
    throw new CommandError('BAD_REQUEST', 'The key would have expired already.')
  }
  const key = `tl_${newSecret()}`
  const { name, scope } = input
  const made = {
    ...{ id: KeyId.parse(newId()), name, scope, createdAt, expiresAt },
    prefix: key.slice(0, PREFIX),
    usdPerDay: input.usdPerDay ?? null,
  }
  await database.db.transaction().execute(async (transaction) => {
    await insertKey(transaction, {
      ...{ id: made.id, user_id: user.id, name, scope, prefix: made.prefix },
      ...{ hash: hashSecret(key), usd_per_day: made.usdPerDay },
      ...{ created_at: createdAt, expires_at: expiresAt },
    })
    const created = { action: 'key.created', targetId: made.id, detail: { scope } } as const
    await audit(transaction, { user, address }, createdAt, created)
  })
  return { result: { ...made, key }, effects: [] }
})

export const endKey = free(keys.revoke, async ({ database, user, address, now }, { id }) => {
  await database.db.transaction().execute(async (transaction) => {
    if (!(await revokeKey(transaction, user.id, id, now()))) {
      throw notFound('key')
    }
    const revoked = { action: 'key.revoked', targetId: id, detail: {} } as const
    await audit(transaction, { user, address }, now(), revoked)
  })
  return { result: { id }, effects: [{ type: 'logins-changed' }] }
})
