import { randomBytes } from 'node:crypto'
import { lockLimitsOf } from '../../../db/queries/limits/run-slots.ts'
import { insertSharedFiles } from '../../../db/queries/files/shared-files.ts'
import { countShares, deleteShare, insertShare } from '../../../db/queries/sessions/shares.ts'
import { shares } from '../../../shared/contract/api/sessions.ts'
import { ShareId } from '../../../shared/contract/share.ts'
import { CommandError, notFound } from '../../api-error.ts'
import { audit } from '../../audit.ts'
import { takeShare } from '../../shares/snapshot.ts'
import { free } from '../command.ts'

/** The most shares of one person; they are limited because each stores a copy of a conversation. */
const MAX_SHARES = 1_000

export const createShare = free(
  shares.create,
  async ({ database, limits, user, address, now, newId }, { sessionId }) => {
    const { db } = database
    const id = ShareId.parse(newId())
    const taken = await takeShare(database, { userId: user.id, sessionId, ownId: id, newId })
    if (!taken) {
      throw notFound('session')
    }
    if (taken === 'too-long') {
      throw new CommandError(
        'BAD_REQUEST',
        'This conversation is too long to share. Export it instead.',
      )
    }
    const length = Buffer.byteLength(JSON.stringify(taken.messages))
    await limits?.admitFile(user, length)
    const token = randomBytes(32).toString('base64url')
    const share = { id, token, sessionId, title: taken.title, createdAt: now() }
    await db.transaction().execute(async (transaction) => {
      await lockLimitsOf(transaction, user.id)
      if ((await countShares(transaction, user.id)) >= MAX_SHARES) {
        throw new CommandError(
          'CONFLICT',
          `You share ${MAX_SHARES} snapshots already. End one of them first.`,
        )
      }
      await limits?.admitFile(user, length, transaction)
      await insertShare(transaction, { ...share, userId: user.id, messages: taken.messages })
      await insertSharedFiles(transaction, { userId: user.id, shareId: id }, taken.files)
      await audit(transaction, { user, address }, share.createdAt, {
        action: 'share.created',
        targetId: id,
        detail: { sessionId },
      })
    })
    return { result: share, effects: [] }
  },
)

export const revokeShare = free(shares.revoke, async (context, given) => {
  const { database, user, address, now } = context
  const revoked = await database.db.transaction().execute(async (transaction) => {
    const deleted = await deleteShare(transaction, user.id, given)
    if (!deleted) {
      throw notFound('share')
    }
    const entry = { action: 'share.revoked', targetId: deleted.id, detail: {} } as const
    await audit(transaction, { user, address }, now(), entry)
    return deleted
  })
  return { result: revoked, effects: [] }
})
