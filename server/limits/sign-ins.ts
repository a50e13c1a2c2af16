import { createHash } from 'node:crypto'
import type { Db } from '../../db/engine/database.ts'
import { clearWindow, giveBackToWindow } from '../../db/queries/limits/rate-windows.ts'
import { TooManyRequestsError } from '../api-error.ts'
import { addressGroup } from '../address-group.ts'
import type { RateLimiter } from './rate-limiter.ts'

/** The account of a sign-in, and its address. */
export type SignInAttempt = {
  /** The text as it was typed, such as an e-mail address. */
  account: string
  address: string | null
}

export type SignIns = {
  /** Counts a sign-in before it is tried, so that many at once count too. */
  beginSignIn(attempt: SignInAttempt): Promise<void>
  /** Records a success: the account's failures are forgotten, and the address gets this try back. */
  signedIn(attempt: SignInAttempt): Promise<void>
  /** Counts a guest before one is made. */
  admitGuest(address: string | null): Promise<void>
  /** Counts an account that is made without an invitation. */
  admitSignUp(address: string | null): Promise<void>
}

/** The most failed sign-ins: few of one account, more of one address, because it may be shared by many people. */
const FAILURES = { account: 10, address: 50, seconds: 900 }
/** The most guests of one address, because each has limits of its own. */
const GUESTS = { address: 20, seconds: 3_600 }
/** The most accounts that are made from one address, which may be shared by many people. */
const SIGN_UPS = { address: 50, seconds: 3_600 }

/** @param onRefusal called with the refused sign-in, and the count that refused it */
export function createSignIns(
  db: Db,
  limiter: RateLimiter,
  onRefusal: (limit: 'sign-ins' | 'sign-ups' | 'guests', by: 'account' | 'address') => void,
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
          // The text is the same in each case, because it must not reveal whether the account exists.
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
    async admitSignUp(address) {
      if (address === null) {
        return
      }
      const { address: limit, seconds } = SIGN_UPS
      const wait = await limiter.use({ key: `sign-up:${addressGroup(address)}`, limit, seconds })
      if (wait > 0) {
        onRefusal('sign-ups', 'address')
        throw new TooManyRequestsError(
          'Too many accounts were made from this address. Come back later.',
          wait / 1_000,
        )
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
  // It is stored as a hash, because people also type passwords in place of an address.
  const name = createHash('sha256').update(account.trim().toLowerCase()).digest('hex')
  return {
    account: { key: `sign-in:account:${name}`, limit: FAILURES.account, seconds },
    address:
      address === null
        ? null
        : { key: `sign-in:address:${addressGroup(address)}`, limit: FAILURES.address, seconds },
  }
}
