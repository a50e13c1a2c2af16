import { LRUCache } from 'lru-cache'
import { findBelieved } from '../../db/queries/runs/first-drives.ts'
import type { BelievedSession } from '../../db/queries/runs/first-drives.ts'
import type { Db } from '../../db/engine/database.ts'
import type { SessionId, UserId } from '../../shared/contract/ids.ts'

type Known = { userId: UserId; believed: BelievedSession | null }

/** The most sessions that are remembered. */
const MOST = 10_000

/**
 * The sessions as this node last knew them, for statements that check it themselves: another node may have changed them
 * since.
 */
export class KnownSessions {
  readonly #known = new LRUCache<SessionId, Known>({ max: MOST })

  /** Reads the session if it is not known; null when no answer can start in it at once. */
  async find(db: Db, userId: UserId, id: SessionId): Promise<BelievedSession | null> {
    const known = this.#known.get(id)
    return known?.userId === userId ? known.believed : findBelieved(db, userId, id)
  }

  note(id: SessionId, known: Known): void {
    this.#known.set(id, known)
  }

  forget(id: SessionId): void {
    this.#known.delete(id)
  }
}
