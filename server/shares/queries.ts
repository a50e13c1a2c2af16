import { findShared, listShares as list } from '../../db/shares.ts'
import { shares } from '../../shared/contract/api/shares.ts'
import { notFound } from '../api-error.ts'
import { query } from '../trpc.ts'

export const listShares = query(shares.list, async ({ services, user }, { sessionId }) => ({
  shares: await list(services.database.db, user.id, sessionId ?? null),
}))

export const getShared = query(shares.get, async ({ services }, { token }) => {
  const shared = await findShared(services.database.db, token)
  if (!shared) {
    throw notFound('share')
  }
  return shared
})
