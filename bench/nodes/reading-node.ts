import type { Database } from '../../db/engine/database.ts'
import { ensureLocalOwner } from '../../server/auth/local-owner.ts'
import { RemoteFeed } from '../../server/log/reading/feed.ts'
import { Hub } from '../../server/log/reading/hub.ts'
import { LogReader } from '../../server/log/reading/reader.ts'
import { LocalNode } from '../../server/nodes/node.ts'
import type { LoggedEvent } from '../../shared/contract/events.ts'
import type { SessionId } from '../../shared/contract/ids.ts'
import { newId } from '../../shared/contract/new-id.ts'
import { TOKEN } from '../writer/streams.ts'
import { now } from './one-clock.ts'

/** The tokens that one reader received of one session, and the violations of the log's order that it saw. */
export type Read = { tokens: number; gaps: number; doubles: number; disorder: number }

/** A node that only reads: one reader for each session, fed by notifications of the other nodes. */
export async function startReadingNode(database: Database) {
  const owner = await ensureLocalOwner(database.db)
  const hub = new Hub()
  const feed = new RemoteFeed(database, hub)
  const reader = new LogReader(database, hub)
  const node = new LocalNode({
    id: newId(),
    database,
    leaseSeconds: 60,
    onMessage: (message) => {
      if (message.type === 'events') void feed.take(message.events)
      else void feed.catchUp()
    },
    onPoll: () => feed.catchUp(),
    onError: (error) => {
      throw error
    },
  })
  await node.join()
  return {
    /**
     * Reads a session from its beginning until the signal aborts.
     * @param onToken receives the number of each token in the answer, and the time of its arrival
     */
    async read(
      sessionId: SessionId,
      into: Read,
      signal: AbortSignal,
      onToken: (token: number, at: number) => void,
    ): Promise<void> {
      let last = 0
      const take = ({ seq, event }: LoggedEvent): void => {
        if (seq <= last) into.disorder += 1
        last = seq
        if (event.type !== 'chunk') return
        const at = now()
        const expected = into.tokens * TOKEN.length
        if (event.offset > expected) into.gaps += 1
        if (event.offset < expected) into.doubles += 1
        const end = (event.offset + event.text.length) / TOKEN.length
        for (; into.tokens < end; into.tokens += 1) onToken(into.tokens, at)
      }
      const options = { sessionId, userId: owner.id, after: 0, signal }
      for await (const logged of reader.follow(options)) take(logged)
    },
    [Symbol.asyncDispose]: () => node.leave(),
  }
}
