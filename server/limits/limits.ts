import { Counter } from 'prom-client'
import type { Registry } from 'prom-client'
import type { Database, Db } from '../../db/engine/database.ts'
import { deleteOldWindows } from '../../db/queries/limits/rate-windows.ts'
import { lockLimitsOf } from '../../db/queries/limits/run-slots.ts'
import { countSessions } from '../../db/queries/limits/stored-bytes.ts'
import { TooManyRequestsError } from '../api-error.ts'
import type { UserLimits } from '../../shared/contract/user.ts'
import type { Asker, Requester, User } from '../auth/port.ts'
import { keyOf } from '../budget/planned-call.ts'
import type { Allowances } from '../budget/planned-call.ts'
import { addressGroup } from '../address-group.ts'
import { RateLimiter } from './rate-limiter.ts'
import { createRunSlots } from './run-slots.ts'
import type { RunSlots } from './run-slots.ts'
import { createSignIns } from './sign-ins.ts'
import type { SignIns } from './sign-ins.ts'
import { StoredBytes } from './storage.ts'

/** The limits of each person in the settings; null is no limit. */
export type LimitSettings = { [Name in keyof Required<UserLimits>]: number | null }

/**
 * The limits of one person, one key and one address over all nodes. A request over a limit gets a
 * `TooManyRequestsError`.
 */
export type Limits = SignIns & {
  /** Counts one call over any interface: by person, and by address for nobody and for guests. */
  admitCall(asker: Asker | null, address: string | null): Promise<void>
  /**
   * Counts one message that is to be answered; refuses it when nothing is left of the day's allowance.
   *
   * @param length UTF-16 units of its text
   */
  admitSend(requester: Requester, length: number): Promise<void>
  /** Refuses further sessions, and their content. */
  admitSessions(requester: Requester, count: number, length: number): Promise<void>
  /** The same for sessions that this transaction has just made, including those that others made meanwhile. */
  keepWithinSessions(transaction: Db, user: User): Promise<void>
  /**
   * Refuses a file, a share, a preset or another stored thing of so many bytes when there is no room for it.
   *
   * @param transaction the one that stores it, for a second check: what was stored meanwhile counts
   */
  admitFile(user: User, bytes: number, transaction?: Db): Promise<void>
  /**
   * Refuses what this transaction has just stored when it is over the limit of bytes with all that others stored
   * meanwhile.
   *
   * @param bytes so many at the most; `Infinity` when that is not known
   */
  keepWithinRoom(transaction: Db, user: User, bytes: number): Promise<void>
  /** Refuses a change that a log tells of, where there is far more than there is room for: a little is always left. */
  admitChange(user: User): Promise<void>
  readonly slots: RunSlots
  /** The limits in the settings. */
  readonly settings: LimitSettings
}

export type LimitsOptions = {
  database: Database
  settings: LimitSettings
  /** The rest of the day's tokens and money. */
  allowances: Allowances
  /** The common time of all nodes, in milliseconds since the epoch. */
  now(): number
  metrics: Registry
  onError(error: unknown, what: string): void
}

const MINUTE = 60
const MEGABYTE = 1024 * 1024
/** A person at the limit of stored bytes can still rename, sort and archive sessions. Bytes. */
const CHANGES = 16 * MEGABYTE
/** The interval at which windows are deleted that began longer ago than any window lasts. Milliseconds. */
const TIDY_INTERVAL = 600_000
const LONGEST_WINDOW = 7_200_000
/** Room comes back when a person deletes something, at no known time; a program need not try more often. Seconds. */
const ASK_AGAIN = 3_600

type By = 'user' | 'key' | 'address' | 'account'

/** The limits of a server with accounts. The caller disposes of them. */
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

  /** Guests are counted by address: a guest, who needs no account, could begin anew at each limit. */
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

  function tooManySessions(most: number): TooManyRequestsError {
    refused('sessions', 'user')
    return new TooManyRequestsError(
      `You have ${Math.floor(most)} conversations, which is what you may have. Delete some of them.`,
      ASK_AGAIN,
    )
  }

  async function requireRoom(
    user: User,
    length: number,
    transaction?: Db,
    beyond = 0,
  ): Promise<void> {
    await requireFit(user, beyond, (most) =>
      transaction
        ? stored.stillHaveRoom(transaction, user.id, length, most)
        : stored.haveRoom(user.id, length, most),
    )
  }

  /**
   * @param beyond bytes above the limit of this person that are admitted too
   * @param fits true when there is room within so many bytes
   */
  async function requireFit(
    user: User,
    beyond: number,
    fits: (most: number) => Promise<boolean>,
  ): Promise<void> {
    const megabytes = limitOf(user, 'storageMb')
    if (megabytes === null || (await fits(megabytes * MEGABYTE + beyond))) {
      return
    }
    refused('storage', 'user')
    throw new TooManyRequestsError(
      `What you have stored (conversations, files, shares, presets, projects) has reached ${megabytes} MB, which is what you may store. Delete some of them.`,
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
        throw tooManySessions(most)
      }
      if (length > 0) {
        await requireRoom(user, length)
      }
    },

    async keepWithinSessions(transaction, user) {
      const most = limitOf(user, 'sessions')
      if (most !== null) {
        await lockLimitsOf(transaction, user.id)
        if ((await countSessions(transaction, user.id)) > most) {
          throw tooManySessions(most)
        }
      }
    },

    admitFile: requireRoom,

    keepWithinRoom: (transaction, user, bytes) =>
      requireFit(user, 0, (most) => stored.isWithin(transaction, user.id, bytes, most)),

    admitChange: (user) => requireRoom(user, 0, undefined, CHANGES),

    [Symbol.dispose]: () => clearInterval(tidying),
  }
}

function inSeconds(wait: number): string {
  const seconds = Math.max(1, Math.ceil(wait))
  return `Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`
}
