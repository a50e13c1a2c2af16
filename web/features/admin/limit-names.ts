import type { UserLimits } from '../../../shared/contract/user.ts'

/** The limits of a person, in words. */
export const limitNames: readonly [key: keyof UserLimits, name: string][] = [
  ['requestsPerMinute', 'Requests a minute'],
  ['sendsPerMinute', 'Messages a minute'],
  ['runsAtOnce', 'Answers at once'],
  ['sessions', 'Sessions'],
  ['tokensPerDay', 'Tokens a day'],
  ['usdPerDay', 'US dollars a day'],
  ['storageMb', 'Stored MB'],
]
