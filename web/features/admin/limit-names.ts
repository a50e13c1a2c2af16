import type { UserLimits } from '../../../shared/contract/user.ts'
import { msg } from '../../language/t.ts'
import type { Marked } from '../../language/t.ts'

/** The limits of a person, in words. */
export const limitNames: readonly [key: keyof UserLimits, name: Marked][] = [
  ['requestsPerMinute', msg('Requests a minute')],
  ['sendsPerMinute', msg('Messages a minute')],
  ['runsAtOnce', msg('Answers at once')],
  ['sessions', msg('Sessions')],
  ['tokensPerDay', msg('Tokens a day')],
  ['usdPerDay', msg('US dollars a day')],
  ['storageMb', msg('Stored MB')],
]
