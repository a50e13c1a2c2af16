import { insertKey, listKeys, revokeKey } from '../../../db/queries/api-keys.ts'
import { lockLimitsOf } from '../../../db/queries/limits/run-slots.ts'
import { keys } from '../../../shared/contract/api/account.ts'
import { KeyId } from '../../../shared/contract/ids.ts'
import { CommandError, notFound } from '../../api-error.ts'
import { audit } from '../../audit.ts'
import { hashSecret, newSecret } from '../../auth/secret-hash.ts'
import { free } from '../command.ts'

/** The number of first characters by which a person recognises a key; the rest is still long enough to be a secret. */
const PREFIX = 10
/** The most keys of one person that are not revoked. */
const MAX_KEYS = 100

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
    await lockLimitsOf(transaction, user.id)
    if ((await listKeys(transaction, user.id)).length >= MAX_KEYS) {
      throw new CommandError(
        'CONFLICT',
        `You have ${MAX_KEYS} keys already. End one of them first.`,
      )
    }
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
