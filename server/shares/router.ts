import { randomBytes } from 'node:crypto'
import { TRPCError } from '@trpc/server'
import { countShares, deleteShare, findShared, insertShare, listShares } from '../../db/shares.ts'
import { shares } from '../../shared/contract/api/shares.ts'
import { ShareId } from '../../shared/contract/share.ts'
import { mutation, notFound, query, router } from '../trpc.ts'
import { takeShare } from './snapshot.ts'

/** Shares of one person at the most: every one is a copy of a conversation. */
const MAX_SHARES = 1_000

export const sharesRouter = router({
  create: mutation(shares.create, async ({ services, user }, { sessionId }) => {
    const { db } = services.database
    const id = ShareId.parse(services.newId())
    const taken = await takeShare(services.database, {
      userId: user.id,
      sessionId,
      ownId: id,
      newId: services.newId,
    })
    if (!taken) {
      throw notFound('session')
    }
    if (taken === 'too-long') {
      const message = 'This conversation is too long to share. Export it instead.'
      throw new TRPCError({ code: 'BAD_REQUEST', message })
    }
    if ((await countShares(db, user.id)) >= MAX_SHARES) {
      const message = `You share ${MAX_SHARES} snapshots already. End one of them first.`
      throw new TRPCError({ code: 'CONFLICT', message })
    }
    const share = {
      id,
      token: randomBytes(32).toString('base64url'),
      sessionId,
      title: taken.title,
      createdAt: services.now(),
    }
    await insertShare(db, { ...share, userId: user.id, messages: taken.messages })
    return share
  }),

  list: query(shares.list, async ({ services, user }, { sessionId }) => ({
    shares: await listShares(services.database.db, user.id, sessionId ?? null),
  })),

  revoke: mutation(shares.revoke, async ({ services, user }, { token }) => {
    if (!(await deleteShare(services.database.db, user.id, token))) {
      throw notFound('share')
    }
    return { token }
  }),

  get: query(shares.get, async ({ services }, { token }) => {
    const shared = await findShared(services.database.db, token)
    if (!shared) {
      throw notFound('share')
    }
    return shared
  }),
})
