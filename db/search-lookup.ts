import { type RawBuilder, sql } from 'kysely'
import type { UserId } from '../shared/contract/ids.ts'
import type { Db } from './database.ts'

/**
 * How a person's words are looked for: as words (the last one may be the beginning of a word), and where nothing has
 * those, as a part of any text, and where nothing has that, as the words of theirs that are spelled most alike.
 */
export type Lookup =
  | { kind: 'words'; tsquery: string; words: Word[] }
  | { kind: 'part'; pattern: string; part: string; indexed: boolean }

/** A word that is looked for, or with `prefix` every word that begins so. */
export type Word = { word: string; prefix: boolean }

/** Of a longer text so much is looked for, in UTF-16 units; of its words the first so many. */
const LONGEST = 200
const MOST_WORDS = 16
/** Words that are compared with those that a person has, each of them with each. */
const MOST_RESPELLED = 8
/** How many of a person's newest messages are looked through where no index helps. */
const NEWEST = 2_000
/** Of how many the words are taken that a misspelled one is compared with. */
const VOCABULARY = 1_000
/** Different words that are compared at the most; one text may have a hundred thousand. */
const MOST_VOCABULARY = 20_000
/** pg_trgm's similarity: of two words that differ by one letter of five or six, or two swapped ones of eight. */
const ALIKE = 0.35

/**
 * Decides how `text` is looked for: the same for the same data, so that pages of one search fit together. Null when
 * nothing of this person's is found by it.
 */
export async function chooseLookup(db: Db, userId: UserId, text: string): Promise<Lookup | null> {
  // U+0000 cannot stand in the database's texts.
  const query = shortened(text.replaceAll('\u0000', ' ').trim())
  if (query === '') {
    return null
  }
  const { rows } = await sql<{ parsed: string; trigrams: boolean }>`
    select plainto_tsquery('simple', ${query})::text as parsed,
      to_regclass('messages_by_trigram') is not null as trigrams`.execute(db)
  const { parsed = '', trigrams = false } = rows[0] ?? {}
  const words = wordsOf(parsed).slice(0, MOST_WORDS)
  const asWords: Lookup = { kind: 'words', tsquery: toQuery(words), words }
  const isWords = words.length > 0
  if (isWords && (await matchesAny(db, userId, asWords))) {
    return asWords
  }
  const pattern = `%${query.replace(/[\\%_]/g, '\\$&')}%`
  const indexed = trigrams && /[\p{L}\p{N}]{3}/u.test(query)
  const asPart: Lookup = { kind: 'part', pattern, part: query, indexed }
  if (await matchesAny(db, userId, asPart)) {
    return asPart
  }
  return isWords && trigrams && words.length <= MOST_RESPELLED ? respell(db, userId, words) : null
}

/** Whether a message, by the columns of `messages`, is what is looked for. */
export function messageMatches(userId: UserId, lookup: Lookup): RawBuilder<boolean> {
  if (lookup.kind === 'words') {
    return sql`messages.user_id = ${userId} and messages.search_words @@ ${lookup.tsquery}::tsquery`
  }
  if (lookup.indexed) {
    return sql`messages.user_id = ${userId} and messages.text ilike ${lookup.pattern}`
  }
  return sql`messages.id in (
    select id from (
      select id, text from messages where user_id = ${userId} order by created_at desc limit ${NEWEST}
    ) as newest where text ilike ${lookup.pattern})`
}

/** Whether a session has it in its title or summary, by the columns of `sessions`. */
export function sessionMatches(userId: UserId, lookup: Lookup): RawBuilder<boolean> {
  return lookup.kind === 'words'
    ? sql`sessions.user_id = ${userId} and sessions.search_words @@ ${lookup.tsquery}::tsquery`
    : sql`sessions.user_id = ${userId} and (sessions.title ilike ${lookup.pattern} or sessions.summary ilike ${lookup.pattern})`
}

/**
 * Whether anything matches. A planner that knows that one row is enough reads tables from their beginning, hoping to
 * meet it soon, and a rare word then takes the longest: materialized, it plans for all rows, and still stops at one.
 */
async function matchesAny(db: Db, userId: UserId, lookup: Lookup): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`
    with matching_sessions as materialized (select id from sessions where ${sessionMatches(userId, lookup)}),
      matching_messages as materialized (select id from messages where ${messageMatches(userId, lookup)})
    select exists (select from matching_sessions) or exists (select from matching_messages) as found`.execute(
    db,
  )
  return rows[0]?.found ?? false
}

/** The words of the person's titles and newest messages that are most like these; null when one has none alike. */
async function respell(db: Db, userId: UserId, words: readonly Word[]): Promise<Lookup | null> {
  const wanted = [...new Set(words.map(({ word }) => word))]
  const { rows } = await sql<{ wanted: string; word: string }>`
    with vocabulary as (
      select distinct word from (select word from (
        (select search_words from sessions where user_id = ${userId} order by updated_at desc limit ${VOCABULARY})
        union all
        (select search_words from messages where user_id = ${userId} order by created_at desc limit ${VOCABULARY})
      ) as texts, unnest(tsvector_to_array(search_words)) as word limit ${MOST_VOCABULARY}) as newest
    )
    select wanted, alike.word from unnest(${wanted}::text[]) as wanted, lateral (
      select word from vocabulary
      where word = wanted or (abs(length(word) - length(wanted)) <= 2 and length(wanted) >= 4
        and similarity(word, wanted) >= ${ALIKE})
      order by similarity(word, wanted) desc, word limit 3
    ) as alike`.execute(db)
  const alike = wanted.map((word) =>
    rows.filter((row) => row.wanted === word).map((row) => row.word),
  )
  if (alike.some((group) => group.length === 0)) {
    return null
  }
  return {
    kind: 'words',
    tsquery: alike.map((group) => `(${group.map(quote).join(' | ')})`).join(' & '),
    words: alike.flat().map((word) => ({ word, prefix: false })),
  }
}

/** The words in the text of a `tsquery`: `'it''s' & 'this'`. */
function wordsOf(tsquery: string): Word[] {
  const quoted = [...tsquery.matchAll(/'((?:[^'\\]|''|\\.)*)'/gu)]
  return quoted.map(([, word = ''], index) => ({
    word: word.replace(/''|\\(.)/gu, (pair, escaped?: string) => escaped ?? pair.charAt(0)),
    prefix: index === quoted.length - 1,
  }))
}

/** The words as the text of a `tsquery`. */
function toQuery(words: readonly Word[]): string {
  return words.map(({ word, prefix }) => `${quote(word)}${prefix ? ':*' : ''}`).join(' & ')
}

/** Cut at a space where there is one, never within a character. */
function shortened(text: string): string {
  if (text.length <= LONGEST) {
    return text
  }
  const cut = text.slice(0, LONGEST + 1)
  const space = cut.search(/\s\S*$/u)
  return (space > 0 ? cut.slice(0, space) : cut.slice(0, LONGEST)).toWellFormed().trim()
}

function quote(word: string): string {
  return `'${word.replace(/['\\]/g, '$&$&')}'`
}
