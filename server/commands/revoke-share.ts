import { deleteShare } from '../../db/shares.ts'
import { shares } from '../../shared/contract/api/shares.ts'
import { notFound } from '../api-error.ts'
import { free } from './command.ts'

export const revokeShare = free(shares.revoke, async ({ database, user }, { token }) => {
  if (!(await deleteShare(database.db, user.id, token))) {
    throw notFound('share')
  }
  return { result: { token }, effects: [] }
})
