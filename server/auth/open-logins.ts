import type { Asker } from './port.ts'

/** The data with which a login is checked again while its connection is open. */
export type Credential =
  | { type: 'login' | 'key'; id: string }
  /** A token of an outside issuer, valid until then (milliseconds since the epoch) unless its person is suspended. */
  | { type: 'token'; userId: string; expiresAt: number }
  /** The application that embeds this server is asked again. */
  | { type: 'embedder'; ask(): Promise<Asker | null> }

/** A connection that is closed when its login ends. */
export type LastingConnection = {
  signal: AbortSignal
  close(code: number, reason: string): void
}

/** Finds the valid ones of many logins, each under the key that `keyOf` gives its credential. */
export type CheckLogins = (credentials: readonly Credential[]) => Promise<{
  holding: Map<string, Asker>
  /** Logins that could not be checked, with the errors. */
  unknown: Map<string, unknown>
}>

type Entry = {
  credential: Credential
  asker: Asker
  connection: LastingConnection
  /** Its person was suspended before it came, and no recheck has seen it yet. */
  awaitsRefusal: boolean
  /**
   * The time since which the login could not be checked, by the clock of `performance`; null after a successful check.
   */
  unknownSince: number | null
}

/** Close code: signing in again helps. It corresponds to HTTP's 401, in the range for applications. */
const SIGNED_OUT = 4401
/** Close code: signing in does not help. */
export const SUSPENDED = 4403
/** Close code (RFC 6455's registry, "try again later"): the login is checked again with the next connection. */
const UNKNOWN = 1013

/** The longest time until a connection is closed whose login ended on another node. Milliseconds. */
const RECHECK_MS = 2_000
/** The longest time that a connection stays open while its login cannot be checked. Milliseconds. */
const UNKNOWN_MS = 5 * 60_000

/**
 * The open connections of all logins. When a login ends, its connections are closed, and no others; a changed role or
 * limit takes effect with the next call.
 */
export class OpenLogins {
  readonly #entries = new Set<Entry>()
  readonly #check: CheckLogins
  readonly #onError: (error: unknown) => void
  readonly #now: () => number
  readonly #timer: NodeJS.Timeout
  #checking: Promise<void> | null = null
  #again = false

  /** @param now milliseconds of a monotonic clock */
  constructor(
    check: CheckLogins,
    onError: (error: unknown) => void,
    now = () => performance.now(),
  ) {
    this.#check = check
    this.#now = now
    this.#onError = onError
    this.#timer = setInterval(() => void this.recheck(), RECHECK_MS)
    this.#timer.unref()
  }

  /** Returns a function that gives the current asker of this connection. */
  add(credential: Credential, asker: Asker, connection: LastingConnection): () => Asker {
    const awaitsRefusal = asker.user.suspended
    const entry: Entry = { credential, asker, connection, awaitsRefusal, unknownSince: null }
    if (!connection.signal.aborted) {
      this.#entries.add(entry)
      connection.signal.addEventListener('abort', () => this.#entries.delete(entry), { once: true })
    }
    return () => entry.asker
  }

  /** Resolves when every login that is open now has been checked after this call. */
  async recheck(): Promise<void> {
    if (this.#checking) {
      this.#again = true
      return this.#checking
    }
    this.#checking = this.#checkAll().finally(() => {
      this.#checking = null
    })
    return this.#checking
  }

  async #checkAll(): Promise<void> {
    do {
      this.#again = false
      try {
        await this.#checkOnce()
      } catch (error) {
        // An outage signs nobody out; the next check follows soon.
        this.#onError(error)
      }
    } while (this.#again)
  }

  async #checkOnce(): Promise<void> {
    const entries = [...this.#entries]
    if (entries.length === 0) return
    const distinct = new Map(entries.map(({ credential }) => [keyOf(credential), credential]))
    const { holding, unknown } = await this.#check([...distinct.values()])
    for (const entry of entries) {
      const key = keyOf(entry.credential)
      if (unknown.has(key)) {
        this.#couldNotSay(entry)
        continue
      }
      entry.unknownSince = null
      const asker = holding.get(key)
      if (!asker) {
        entry.connection.close(SIGNED_OUT, 'This login has ended. Sign in again.')
      } else if (asker.user.suspended && entry.awaitsRefusal) {
        // Its request is just being refused with the reason, which a client that is cut off does not get.
        entry.awaitsRefusal = false
      } else if (asker.user.suspended) {
        entry.connection.close(SUSPENDED, 'This account is suspended.')
      } else {
        entry.asker = asker
      }
    }
    const [first] = unknown
    if (first) this.#onError(first[1])
  }

  /** A failed check ends no login, but a connection does not stay open for ever without a successful one. */
  #couldNotSay(entry: Entry): void {
    entry.unknownSince ??= this.#now()
    if (this.#now() - entry.unknownSince < UNKNOWN_MS) return
    entry.connection.close(UNKNOWN, 'Whether this login holds could not be found out. Try again.')
  }

  close(): void {
    clearInterval(this.#timer)
  }
}

let embedders = 0
const embedderKeys = new WeakMap<Credential, string>()

/** The same text for two credentials of the same login. */
export function keyOf(credential: Credential): string {
  switch (credential.type) {
    case 'login':
    case 'key':
      return `${credential.type}:${credential.id}`
    case 'token':
      return `token:${credential.userId}:${credential.expiresAt}`
    case 'embedder': {
      const key = embedderKeys.get(credential) ?? `embedder:${(embedders += 1)}`
      embedderKeys.set(credential, key)
      return key
    }
  }
}
