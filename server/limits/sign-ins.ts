import { createHash } from 'node:crypto'
import type { Db } from '../../db/engine/database.ts'
import { clearWindow, giveBackToWindow } from '../../db/queries/limits/rate-windows.ts'
import { TooManyRequestsError } from '../api-error.ts'
import { addressGroup } from './address-group.ts'
import type { RateLimiter } from './rate-limiter.ts'

/** What somebody wants to sign in to, and from where. */
export type SignInAttempt = {
  /** As it was typed, such as an e-mail address. */
  account: string
  address: string | null
}

export type SignIns = {
  /** Counts a sign-in before it is tried, so that many at once count too. */
  beginSignIn(attempt: SignInAttempt): Promise<void>
  /** It succeeded: the account's failures are forgotten, and the address gets this one back. */
  signedIn(attempt: SignInAttempt): Promise<void>
  /** Counts a guest before one is made. */
  admitGuest(address: string | null): Promise<void>
}

/** Sign-ins that fail: of one account a few, of one address more, for many people may be behind it. */
const FAILURES = { account: 10, address: 50, seconds: 900 }
/** Guests that one address may become; each has limits of its own. */
const GUESTS = { address: 20, seconds: 3_600 }

/** @param onRefusal is told what was refused, and by what it was counted */
export function createSignIns(
  db: Db,
  limiter: RateLimiter,
  onRefusal: (limit: 'sign-ins' | 'guests', by: 'account' | 'address') => void,
): SignIns {
  return {
    async beginSignIn(attempt) {
      const { account, address } = rates(attempt)
      for (const [by, rate] of [
        ['address', address],
        ['account', account],
      ] as const) {
        const wait = rate ? await limiter.use(rate) : 0
        if (wait > 0) {
          onRefusal('sign-ins', by)
          // The same words in each case: they are not to say whether there is such an account.
          throw new TooManyRequestsError(
            'Too many sign-ins failed. Wait before you try again.',
            wait / 1_000,
          )
        }
      }
    },
    async signedIn(attempt) {
      const { account, address } = rates(attempt)
      await clearWindow(db, account.key)
      limiter.forget(account.key)
      if (address) {
        await giveBackToWindow(db, address.key)
      }
    },
    async admitGuest(address) {
      if (address === null) {
        return
      }
      const { address: limit, seconds } = GUESTS
      const wait = await limiter.use({ key: `guest:${addressGroup(address)}`, limit, seconds })
      if (wait > 0) {
        onRefusal('guests', 'address')
        throw new TooManyRequestsError(
          'Too many guests came from this address. Sign in, or come back later.',
          wait / 1_000,
        )
      }
    },
  }
}

function rates({ account, address }: SignInAttempt) {
  const { seconds } = FAILURES
  // As a hash, for people also type passwords where an address belongs.
  const name = createHash('sha256').update(account.trim().toLowerCase()).digest('hex')
  return {
    account: { key: `sign-in:account:${name}`, limit: FAILURES.account, seconds },
    address:
      address === null
        ? null
        : { key: `sign-in:address:${addressGroup(address)}`, limit: FAILURES.address, seconds },
  }
}
