import { z } from 'zod'
import { Timestamp } from '../../shared/contract/session.ts'
import { UserId } from '../../shared/contract/ids.ts'
import { defineTool } from './define.ts'
import type { Tool } from './tool.ts'

/** A person's profile; the local owner of a server without accounts has no email. */
export type Profile = {
  id: UserId
  name: string
  email: string | null
  accountStatus: string
  subscriptionTier: string
  /** ISO 8601 in UTC. */
  createdAt: string
}

const Input = z.object({
  user_id: UserId.optional().describe(
    "The person's id; leave it out for the person you are talking to. Only an administrator may ask for others",
  ),
})

const Output = z.object({
  user_id: UserId,
  name: z.string(),
  email: z.string().nullable(),
  account_status: z.string(),
  subscription_tier: z.string(),
  created_at: Timestamp,
})

/**
 * The profile of the caller; administrators can ask for any person.
 * @param loadProfile returns null when there is no such person
 */
export function fetchUserProfile(
  loadProfile: (userId: UserId) => Promise<Profile | null>,
): Tool<'fetch_user_profile', z.infer<typeof Input>, z.infer<typeof Output>> {
  return defineTool({
    name: 'fetch_user_profile',
    description:
      "Fetches a person's profile: name, email, account status, subscription tier, and since when they are here.",
    input: Input,
    output: Output,
    effect: 'read',
    approval: 'never',
    execute: async ({ user_id }, { caller }) => {
      const id = user_id ?? caller.id
      if (id !== caller.id && !caller.admin) {
        throw new Error(
          'Only an administrator may fetch the profile of another person. Leave user_id out for your own.',
        )
      }
      const profile = await loadProfile(id)
      if (!profile) throw new Error(`There is no person with the id ${id}.`)
      return {
        user_id: profile.id,
        name: profile.name,
        email: profile.email,
        account_status: profile.accountStatus,
        subscription_tier: profile.subscriptionTier,
        created_at: profile.createdAt,
      }
    },
  })
}
