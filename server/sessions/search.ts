import type { Db } from '../../db/engine/database.ts'
import { findMatches, readFoundTexts } from '../../db/queries/sessions/search.ts'
import type { FoundText, Match } from '../../db/queries/sessions/search.ts'
import { chooseLookup } from '../../db/queries/sessions/search-lookup.ts'
import type { Lookup } from '../../db/queries/sessions/search-lookup.ts'
import type { SearchHit } from '../../shared/contract/api/sessions.ts'
import type { SessionId, UserId } from '../../shared/contract/ids.ts'
import { makeSnippet } from './snippet.ts'
import type { Snippet } from './snippet.ts'

/** The most hits of one session, so that a long conversation leaves room for others. */
const MOST_OF_A_SESSION = 3

/** The user's messages that match the words, best first. */
export async function searchSessions(
  db: Db,
  userId: UserId,
  query: string,
  limit: number,
): Promise<SearchHit[]> {
  const lookup = await chooseLookup(db, userId, query)
  if (!lookup) {
    return []
  }
  const best = chooseBest(await findMatches(db, userId, lookup), limit)
  const texts = new Map(
    (await readFoundTexts(db, userId, best)).map((text) => [
      text.messageId ?? text.sessionId,
      text,
    ]),
  )
  return best.flatMap(({ sessionId, messageId, rank }) => {
    const found = texts.get(messageId ?? sessionId)
    return found
      ? [{ sessionId, messageId, title: found.title, ...snippetOf(found, lookup), rank }]
      : []
  })
}

/**
 * The best matches of each session, best first. A session whose title matches too comes before one whose title does
 * not, and is a hit of its own only when none of its messages matches.
 */
export function chooseBest(matches: readonly Match[], limit: number): Match[] {
  const titles = new Map(
    matches.flatMap(({ sessionId, messageId, rank }) => (messageId ? [] : [[sessionId, rank]])),
  )
  const messages = matches.filter(({ messageId }) => messageId)
  const withMessages = new Set(messages.map(({ sessionId }) => sessionId))
  const taken = new Map<SessionId, number>()
  return [
    ...messages.map((match) => ({
      ...match,
      rank: match.rank + (titles.get(match.sessionId) ?? 0),
    })),
    ...matches.filter(({ sessionId, messageId }) => !messageId && !withMessages.has(sessionId)),
  ]
    .toSorted((a, b) => b.rank - a.rank)
    .filter(({ sessionId }) => {
      const before = taken.get(sessionId) ?? 0
      taken.set(sessionId, before + 1)
      return before < MOST_OF_A_SESSION
    })
    .slice(0, limit)
}

function snippetOf({ messageId, text, title }: FoundText, lookup: Lookup): Snippet {
  const ofText = makeSnippet(text, lookup)
  return messageId || ofText.highlights.length > 0 ? ofText : makeSnippet(title ?? '', lookup)
}
