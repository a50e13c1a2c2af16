import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Database } from '../../../db/engine/database.ts'
import * as table from '../../../db/queries/files/readings.ts'
import type { Read, Reading } from '../../../db/queries/files/readings.ts'
import type { UserId } from '../../../shared/contract/ids.ts'
import { repeating } from '../../concurrency/repeating.ts'
import type { LogWriter } from '../../log/writing/writer.ts'
import { later } from '../later.ts'
import type { ObjectStore } from '../store.ts'
import { AWAY, inspect } from './inspect.ts'
import { tellSessions } from './tell-sessions.ts'

export type ReadingsOptions = {
  database: Database
  store: ObjectStore
  log: LogWriter
  /** A path for a copy while it is read. */
  temporaryPath(): string
  /** The lease of a reading; after it another node reads the file. Milliseconds. */
  leaseMs: number
  now(): string
  /** Called when contents were read, to wake those who wait for them. */
  onRead(sha256: string): void
  onError(error: unknown, what: string): void
}

const AT_ONCE = 2
/** The interval of looking for readings that other nodes left, or that are to be retried. Milliseconds. */
const POLL_MS = 3_000
/** The most attempts. A reading fails when the store is away, or when it kills the process. */
const MOST_ATTEMPTS = 6
const AGAIN_MS = 4_000
/** The most people whose last turn is remembered. */
const MOST_SERVED = 1_000

/**
 * Reads the text of stored files in the background. The database has the list of readings, so that any node carries
 * them out, even after this process ends. People take turns. Afterwards the messages with the file are updated.
 */
export class FileReadings {
  readonly #options: ReadingsOptions
  readonly #closing = new AbortController()
  readonly #working = new Set<string>()
  /** The people in the order of their last turns, the earliest first. */
  readonly #served = new Set<UserId | null>()
  readonly #running = new Set<Promise<void>>()
  #timer: NodeJS.Timeout | null = null
  readonly #look: () => Promise<void>

  constructor(options: ReadingsOptions) {
    this.#options = options
    this.#look = repeating(() => this.#takeUpAll(), {
      isOver: () => this.#closing.signal.aborted,
    })
  }

  async start(): Promise<void> {
    const { database, now } = this.#options
    if (database.kind === 'embedded') await table.releaseReadings(database.db, now())
    this.#timer = setInterval(() => this.wake(), POLL_MS)
    this.#timer.unref()
    this.wake()
  }

  /** A file was stored whose text has to be read. */
  wake(): void {
    void this.#look()
  }

  async #takeUpAll(): Promise<boolean> {
    try {
      while (this.#running.size < AT_ONCE && (await this.#takeUp()));
    } catch (error) {
      this.#options.onError(error, 'what files are to be read could not be found out')
    }
    return false
  }

  /** Begins a reading that is due; false when there is none. */
  async #takeUp(): Promise<boolean> {
    const { database, now, leaseMs } = this.#options
    const due = await table.listReadings(database.db, now())
    const free = due.filter(({ sha256 }) => !this.#working.has(sha256))
    const reading = free.toSorted((one, other) => this.#turn(one) - this.#turn(other))[0]
    if (!reading || this.#closing.signal.aborted) return false
    const until = later(now(), leaseMs)
    const { sha256, reading_due: seen } = reading
    if (!(await table.moveReading(database.db, { sha256, seen, due: until, attempts: 1 }))) {
      return true
    }
    this.#served.delete(reading.userId)
    this.#served.add(reading.userId)
    if (this.#served.size > MOST_SERVED) this.#served.delete([...this.#served][0] ?? null)
    this.#working.add(sha256)
    const work = this.#carryOut({ ...reading, reading_due: until }).finally(() => {
      this.#working.delete(sha256)
      this.#running.delete(work)
      this.wake()
    })
    this.#running.add(work)
    return true
  }

  /** The person whose last turn is longest ago comes first. */
  #turn({ userId }: Reading): number {
    return [...this.#served].indexOf(userId)
  }

  async #carryOut(reading: Reading): Promise<void> {
    const { database, log, leaseMs, now, onRead, onError } = this.#options
    const { sha256, reading_attempts: before } = reading
    let seen = reading.reading_due
    let moving: Promise<unknown> = Promise.resolve()
    const move = (due: string) =>
      table.moveReading(database.db, { sha256, seen, due }).then((isOurs) => {
        if (isOurs) seen = due
      })
    // While this node works on it, no other node takes it up.
    const renewing = setInterval(() => {
      moving = move(later(now(), leaseMs)).catch(() => undefined)
    }, leaseMs / 3)
    const release = async (due: string) => {
      clearInterval(renewing)
      await moving
      await move(due)
    }
    try {
      if (reading.reading === 'waiting') {
        const read = await this.#read(reading)
        await database.db
          .transaction()
          .execute((transaction) => table.saveReading(transaction, sha256, read))
        onRead(sha256)
      }
      await tellSessions({ db: database.db, log }, sha256, this.#closing.signal)
      clearInterval(renewing)
      await moving
      await table.endReading(database.db, sha256, seen)
    } catch (error) {
      const isClosing = this.#closing.signal.aborted
      if (!isClosing) onError(error, 'a file could not be read')
      const pause = isClosing ? 0 : AGAIN_MS * 2 ** Math.min(before, MOST_ATTEMPTS)
      await release(later(now(), pause)).catch(() => undefined)
    } finally {
      clearInterval(renewing)
    }
  }

  /** @throws when the file could not be inspected, because of the store or because this process ends */
  async #read({ key, bytes, reading_attempts: before }: Reading): Promise<Read> {
    const { store, temporaryPath } = this.#options
    const { signal } = this.#closing
    if (before >= MOST_ATTEMPTS) return { error: AWAY }
    const path = temporaryPath()
    try {
      const source = await openUnless(store.read(key), signal)
      await pipeline(source, createWriteStream(path, { mode: 0o600, flags: 'wx' }), { signal })
      const { mimeType: mime_type, ...found } = await inspect(path, bytes, { signal })
      return { ...found, mime_type }
    } finally {
      await rm(path, { force: true })
    }
  }

  /** Leaves unfinished readings to the next process, or to another node. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('this process ends'))
    if (this.#timer) clearInterval(this.#timer)
    await this.#look()
    await Promise.allSettled(this.#running)
  }
}

/** The stream, unless the signal aborts before: a store may take long to answer. */
async function openUnless(opening: Promise<Readable>, signal: AbortSignal): Promise<Readable> {
  signal.throwIfAborted()
  const { promise: over, reject } = Promise.withResolvers<never>()
  const stop = () => reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([opening, over])
  } catch (error) {
    opening.then(
      (late) => late.destroy(),
      () => undefined,
    )
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
