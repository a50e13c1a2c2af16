import { listInvitations } from '../../db/queries/admin/invitations.ts'
import { listGoingRuns, listNodes } from '../../db/queries/admin/operation.ts'
import { listPeople } from '../../db/queries/admin/people.ts'
import { sumUsageOfAll } from '../../db/queries/usage/usage-of-all.ts'
import { admin, adminInvites, adminRuns, adminUsers } from '../../shared/contract/api/admin.ts'
import { query } from '../trpc.ts'
import { fromCursor, toCursor } from './cursor.ts'
import { toPerson } from './person.ts'

export const listUsers = query(adminUsers.list, async ({ services }, input) => {
  const rows = await listPeople(services.database.db, {
    search: input.search,
    after: input.cursor ? fromCursor(input.cursor) : undefined,
    limit: input.limit + 1,
  })
  const items = rows.slice(0, input.limit).map(toPerson)
  const last = rows.length > input.limit ? items.at(-1) : undefined
  return { items, nextCursor: last ? toCursor(last) : null }
})

/** The most invitations; older ones cannot be used any more. */
const MOST = 500

export const listInvites = query(adminInvites.list, async ({ services }) => ({
  items: await listInvitations(services.database.db, MOST),
}))

export const listRuns = query(adminRuns.list, async ({ services }, { limit }) => ({
  items: await listGoingRuns(services.database.db, limit),
}))

export const usageOfAll = query(admin.usage, ({ services }, input) =>
  services.replica.read((db) => sumUsageOfAll(db, input)),
)

export const nodes = query(admin.nodes, async ({ services }) => {
  const known = await listNodes(services.database.db)
  return { items: known.map((node) => ({ ...node, isSelf: node.id === services.node.id })) }
})

export const settings = query(admin.settings, async ({ services }) => ({
  items: [...services.settings],
}))

export const limits = query(admin.limits, async ({ services }) => ({
  perUser: services.limits?.settings ?? null,
  budgetUsdPerDay: services.budgetUsdPerDay,
}))
