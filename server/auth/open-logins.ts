import type { Asker } from './port.ts'

/** What a login is checked by again, while a connection is open that came by it. */
export type Credential =
  | { type: 'login' | 'key'; id: string }
  /** Of an outside issuer; it holds until then, in milliseconds since the epoch, while its person is let in. */
  | { type: 'token'; userId: string; expiresAt: number }
  /** Asked again of the application that embeds this server. */
  | { type: 'embedder'; ask(): Promise<Asker | null> }

/** A connection that lasts as long as its login. */
export type LastingConnection = {
  signal: AbortSignal
  close(code: number, reason: string): void
}

/** Finds those of many logins that still hold, each under the key that `keyOf` gives its credential. */
export type CheckLogins = (credentials: readonly Credential[]) => Promise<{
  holding: Map<string, Asker>
  /** Those of which nobody could say whether they hold, and why. */
  unknown: Map<string, unknown>
}>

type Entry = {
  credential: Credential
  asker: Asker
  connection: LastingConnection
  /** Since when nobody could say whether it holds, by the clock of `performance`; null when it was said last time. */
  unknownSince: number | null
}

/** Close code: signing in again is what helps. As HTTP's 401, in the range for applications. */
const SIGNED_OUT = 4401
/** Close code: signing in does not help. */
const SUSPENDED = 4403
/** Close code (RFC 6455's registry, "try again later"): whether the login holds is asked anew with the next connection. */
const UNKNOWN = 1013

/** How long until a connection is closed whose login ended on another node. Milliseconds. */
const RECHECK_MS = 2_000
/** How long a connection lasts of whose login nobody can say whether it holds. Milliseconds. */
const UNKNOWN_MS = 5 * 60_000

/**
 * The open connections of everybody who is signed in: what becomes of their login becomes of them. A login that ended
 * closes its connections and no others; a role or a limit that changed holds from the next call on.
 */
export class OpenLogins {
  readonly #entries = new Set<Entry>()
  readonly #check: CheckLogins
  readonly #onError: (error: unknown) => void
  readonly #now: () => number
  readonly #timer: NodeJS.Timeout
  #checking: Promise<void> | null = null
  #again = false

  /** @param now milliseconds of a clock that never goes back */
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

  /** Who asks over this connection, as it is known at any time. */
  add(credential: Credential, asker: Asker, connection: LastingConnection): () => Asker {
    const entry: Entry = { credential, asker, connection, unknownSince: null }
    if (!connection.signal.aborted) {
      this.#entries.add(entry)
      connection.signal.addEventListener('abort', () => this.#entries.delete(entry), { once: true })
    }
    return () => entry.asker
  }

  /** Resolves when every login that is open now has been looked up since this was called. */
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
        // Nobody is signed out by an outage; the next look is soon.
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
      } else if (asker.user.suspended) {
        entry.connection.close(SUSPENDED, 'This account is suspended.')
      } else {
        entry.asker = asker
      }
    }
    const [first] = unknown
    if (first) this.#onError(first[1])
  }

  /** Nobody is signed out because nobody could say so, but the login of one connection does not hold for ever by that. */
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

/** The same for two credentials that are one. */
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
