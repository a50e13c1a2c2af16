import { z } from 'zod'
import { UserId } from './ids.ts'
import { Timestamp } from './session.ts'

export const Role = z.enum(['member', 'admin'])
export type Role = z.infer<typeof Role>

/** The caller. */
export const User = z.object({
  id: UserId,
  name: z.string(),
  email: z.string().nullable(),
  role: Role,
  createdAt: Timestamp,
})
export type User = z.infer<typeof User>

const Most = z.number().min(0).nullable().exactOptional()

/**
 * Limits that an administrator set for one person; they replace the settings of these names. Null is no limit; for an
 * absent one the setting applies.
 */
export const UserLimits = z.object({
  requestsPerMinute: Most,
  sendsPerMinute: Most,
  runsAtOnce: Most,
  sessions: Most,
  tokensPerDay: Most,
  usdPerDay: Most,
  storageMb: Most,
})
export type UserLimits = z.infer<typeof UserLimits>
