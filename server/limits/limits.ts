import { Counter } from 'prom-client'
import type { Registry } from 'prom-client'
import type { Database, Db } from '../../db/engine/database.ts'
import { deleteOldWindows } from '../../db/queries/limits/rate-windows.ts'
import { countSessions } from '../../db/queries/limits/stored-bytes.ts'
import { TooManyRequestsError } from '../api-error.ts'
import type { UserLimits } from '../../shared/contract/user.ts'
import type { Asker, Requester, User } from '../auth/port.ts'
import { keyOf } from '../budget/planned-call.ts'
import type { Allowances } from '../budget/planned-call.ts'
import { addressGroup } from './address-group.ts'
import { RateLimiter } from './rate-limiter.ts'
import { createRunSlots } from './run-slots.ts'
import type { RunSlots } from './run-slots.ts'
import { createSignIns } from './sign-ins.ts'
import type { SignIns } from './sign-ins.ts'
import { StoredBytes } from './storage.ts'

/** The settings' limits of each person; null is without limit. */
export type LimitSettings = { [Name in keyof Required<UserLimits>]: number | null }

/**
 * What one person, one key and one address may ask of all nodes together. What is over a limit is refused by a
 * `TooManyRequestsError`.
 */
export type Limits = SignIns & {
  /** Counts one call, over whatever surface: by person, by address for nobody and for guests. */
  admitCall(asker: Asker | null, address: string | null): Promise<void>
  /**
   * Counts one message that is to be answered, and refuses it where nothing is left to answer it with.
   * @param length UTF-16 units of its text
   */
  admitSend(requester: Requester, length: number): Promise<void>
  /** Refuses further sessions, and what they bring along. */
  admitSessions(requester: Requester, count: number, length: number): Promise<void>
  /**
   * Refuses a file, or a share, of so many bytes where there is no room for it.
   * @param transaction the one that stores it, once it was admitted before: what else came meanwhile counts
   */
  admitFile(user: User, bytes: number, transaction?: Db): Promise<void>
  readonly slots: RunSlots
  /** What the settings say. */
  readonly settings: LimitSettings
}

export type LimitsOptions = {
  database: Database
  settings: LimitSettings
  /** What is left of the day's tokens and money. */
  allowances: Allowances
  /** The time that all nodes go by, in milliseconds since the epoch. */
  now(): number
  metrics: Registry
  onError(error: unknown, what: string): void
}

const MINUTE = 60
const MEGABYTE = 1024 * 1024
/** Old windows are forgotten this often, when they began longer ago than any window lasts. Milliseconds. */
const TIDY_INTERVAL = 600_000
const LONGEST_WINDOW = 7_200_000
/** What a person frees by deleting renews at no certain time; a program need not ask more often. Seconds. */
const ASK_AGAIN = 3_600

type By = 'user' | 'key' | 'address' | 'account'

/** The limits of a server with accounts. Whoever makes them disposes of them. */
export function createLimits(options: LimitsOptions): Limits & Disposable {
  const { database, settings, allowances, now, onError } = options
  const { db } = database
  const refusals = new Counter({
    name: 'throughline_limit_refusals_total',
    help: 'What was refused, or had to wait (runs), because of a limit of one person, key or address.',
    labelNames: ['limit', 'by'],
    registers: [options.metrics],
  })
  const refused = (limit: string, by: By) => refusals.inc({ limit, by })
  const limiter = new RateLimiter({ db, now })
  const stored = new StoredBytes(db, now)
  const tidying = setInterval(() => {
    deleteOldWindows(db, new Date(now() - LONGEST_WINDOW).toISOString()).catch((error: unknown) =>
      onError(error, 'old counts of limits could not be removed'),
    )
  }, TIDY_INTERVAL)
  tidying.unref()

  /** Guests are counted by address: who needs no account to begin anew would begin anew at each limit. */
  async function takeOne(
    name: 'calls' | 'sends',
    limit: 'requestsPerMinute' | 'sendsPerMinute',
    asker: Asker | null,
    address: string | null,
  ): Promise<number> {
    const isPerson = asker && asker.login.kind !== 'guest'
    if (!isPerson && address === null) {
      return 0
    }
    const [by, id] = isPerson
      ? (['user', asker.user.id] as const)
      : (['address', addressGroup(address ?? '')] as const)
    const wait = await limiter.use({
      key: `${name}:${by}:${id}`,
      limit: isPerson ? limitOf(asker.user, limit) : settings[limit],
      seconds: MINUTE,
    })
    if (wait > 0) {
      refused(name === 'calls' ? 'requests' : 'sends', by)
    }
    return wait / 1_000
  }

  function limitOf({ limits }: Pick<User, 'limits'>, name: keyof LimitSettings): number | null {
    const own = limits[name]
    return own === undefined ? settings[name] : own
  }

  async function requireRoom(user: User, length: number, transaction?: Db): Promise<void> {
    const megabytes = limitOf(user, 'storageMb')
    if (megabytes === null) {
      return
    }
    const most = megabytes * MEGABYTE
    const fits = transaction
      ? await stored.stillHaveRoom(transaction, user.id, length, most)
      : await stored.haveRoom(user.id, length, most)
    if (fits) {
      return
    }
    refused('storage', 'user')
    throw new TooManyRequestsError(
      `Your conversations, files and shares have reached ${megabytes} MB, which is what you may store. Delete some of them.`,
      ASK_AGAIN,
    )
  }

  return {
    settings,
    slots: createRunSlots(db, settings.runsAtOnce, () => refused('runs', 'user')),
    ...createSignIns(db, limiter, refused),

    async admitCall(asker, address) {
      const wait = await takeOne('calls', 'requestsPerMinute', asker, address)
      if (wait > 0) {
        throw new TooManyRequestsError(`Too many requests in this minute. ${inSeconds(wait)}`, wait)
      }
    },

    async admitSend({ user, login, address }, length) {
      await requireRoom(user, length)
      const spent = await allowances.refusal({ userId: user.id, keyId: keyOf(login) })
      if (spent) {
        refused(spent.limit, spent.by)
        throw new TooManyRequestsError(spent.message, (spent.renewsAt - now()) / 1_000)
      }
      const wait = await takeOne('sends', 'sendsPerMinute', { user, login }, address)
      if (wait > 0) {
        throw new TooManyRequestsError(`Too many messages in this minute. ${inSeconds(wait)}`, wait)
      }
    },

    async admitSessions({ user }, count, length) {
      const most = limitOf(user, 'sessions')
      if (most !== null && (await countSessions(db, user.id)) + count > most) {
        refused('sessions', 'user')
        throw new TooManyRequestsError(
          `You have ${Math.floor(most)} conversations, which is what you may have. Delete some of them.`,
          ASK_AGAIN,
        )
      }
      if (length > 0) {
        await requireRoom(user, length)
      }
    },

    admitFile: requireRoom,

    [Symbol.dispose]: () => clearInterval(tidying),
  }
}

function inSeconds(wait: number): string {
  const seconds = Math.max(1, Math.ceil(wait))
  return `Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`
}
