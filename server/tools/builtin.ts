import type { UserId } from '../../shared/contract/ids.ts'
import { fetchUserProfile, type Profile } from './fetch-user-profile.ts'
import { getSystemMetrics } from './get-system-metrics.ts'
import type { CallOf } from './port.ts'

export type BuiltinToolsDeps = { loadProfile: (userId: UserId) => Promise<Profile | null> }

/** The tools that come with the server. A tool added to this list is known to the client's types too. */
export function builtinTools({ loadProfile }: BuiltinToolsDeps) {
  return [getSystemMetrics, fetchUserProfile(loadProfile)] as const
}

/** A call of any of these, told apart by `name`, with the exact input and output of that tool. */
export type BuiltinToolCall = CallOf<ReturnType<typeof builtinTools>[number]>
