import { randomBytes } from 'node:crypto'
import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import { countShares, deleteShare, findShared, insertShare, listShares } from '../../db/shares.ts'
import { SessionId } from '../../shared/contract/ids.ts'
import { Share, ShareId, ShareToken, SharedSnapshot } from '../../shared/contract/share.ts'
import { notFound, procedure, router } from '../trpc.ts'
import { takeShare } from './snapshot.ts'

/** Shares of one person at the most: every one is a copy of a conversation. */
const MAX_SHARES = 1_000

export const sharesRouter = router({
  /** Shares the active branch as it is now; what is said later is not in it. */
  create: procedure
    .input(z.object({ sessionId: SessionId }))
    .output(Share)
    .mutation(async ({ ctx: { services, user }, input: { sessionId } }) => {
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

  list: procedure
    .input(z.object({ sessionId: SessionId.optional() }).prefault({}))
    .output(z.object({ shares: z.array(Share) }))
    .query(async ({ ctx: { services, user }, input: { sessionId } }) => ({
      shares: await listShares(services.database.db, user.id, sessionId ?? null),
    })),

  /** Ends a share: its token shows nothing from here on. */
  revoke: procedure
    .input(z.object({ token: ShareToken }))
    .output(z.object({ token: ShareToken }))
    .mutation(async ({ ctx: { services, user }, input: { token } }) => {
      if (!(await deleteShare(services.database.db, user.id, token))) {
        throw notFound('share')
      }
      return { token }
    }),

  /** What a token shows, to anybody. */
  get: procedure
    .input(z.object({ token: ShareToken }))
    .output(SharedSnapshot)
    .query(async ({ ctx: { services }, input: { token } }) => {
      const shared = await findShared(services.database.db, token)
      if (!shared) {
        throw notFound('share')
      }
      return shared
    }),
})
