import { sql } from 'kysely'
import type { Db } from '../../db/engine/database.ts'
import { ensureUser } from '../../db/queries/users.ts'
import { newId } from '../../shared/contract/new-id.ts'
import { UserId } from '../../shared/contract/ids.ts'
import { VOCABULARY } from './language.ts'
import type { Language } from './language.ts'

/** Messages of a session, and the most words of a message. */
const MESSAGES = 20
const WORDS = 120
/** Sessions that are inserted at once. */
const BATCH = 25

/** Stores `messages` messages of one person, each newer than the one before, and returns the person's id. */
export async function fill(db: Db, language: Language, messages: number): Promise<UserId> {
  const userId = UserId.parse(newId())
  await ensureUser(db, {
    id: userId,
    name: 'bench',
    email: null,
    role: 'member',
    account_status: 'active',
    subscription_tier: 'free',
  })
  for (let stored = 0; stored < messages; stored += BATCH * MESSAGES) {
    const sessions = Array.from({ length: BATCH }, newId)
    const titles = sessions.map(() => language.text(6))
    await sql`insert into sessions (id, user_id, title, created_at, updated_at)
      select id, ${userId}, title, at, at from (
        select *, timestamptz '2026-01-01' + ${stored} * interval '1 minute' as at
        from unnest(${sessions}::uuid[], ${titles}::text[]) as given (id, title)
      ) as sessions_at`.execute(db)
    const owners = sessions.flatMap((id) => Array.from({ length: MESSAGES }, () => id))
    const ids = owners.map(newId)
    const texts = owners.map(() => language.text(WORDS))
    await sql`insert into messages
        (id, session_id, user_id, role, parts, parts_seq, text, status, created_at)
      select id, session_id, ${userId}, 'user',
        json_build_array(json_build_object('type', 'text', 'text', text)), 1, text, 'completed',
        timestamptz '2026-01-01' + (${stored} + place) * interval '1 minute'
      from unnest(${ids}::uuid[], ${owners}::uuid[], ${texts}::text[]) with ordinality
        as given (id, session_id, text, place)`.execute(db)
  }
  return userId
}

/** A word that occurs in no message. */
export const ABSENT = 'quizzical'

/** Query generators, by the kind of query. */
export const QUERIES: Record<string, (language: Language) => string> = {
  'common word': ({ word, whole }) => word(whole(0, 9)),
  'usual word': ({ word, whole }) => word(whole(100, 1000)),
  'rare word': ({ word, whole }) => word(whole(VOCABULARY / 2, VOCABULARY - 1)),
  'beginning of a word': ({ word, whole }) => word(whole(0, VOCABULARY - 1)).slice(0, 3),
  'two usual words': ({ word, whole }) => `${word(whole(100, 1000))} ${word(whole(100, 1000))}`,
  'part of a rare word': ({ word, whole }) => word(whole(VOCABULARY / 2, VOCABULARY - 1)).slice(1),
  'misspelled word': ({ word, whole }) => `${word(whole(0, 1000))}zz`,
  'absent word': () => ABSENT,
}
