import { z } from 'zod'
import { UserId } from './ids.ts'
import { Timestamp } from './session.ts'

/** The caller. */
export const User = z.object({
  id: UserId,
  name: z.string(),
  email: z.string().nullable(),
  role: z.enum(['member', 'admin']),
  createdAt: Timestamp,
})
export type User = z.infer<typeof User>
