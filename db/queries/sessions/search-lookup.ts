import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { UserId } from '../../../shared/contract/ids.ts'
import type { Db } from '../../engine/database.ts'

/**
 * The way to search for a text: by its words (the last may be a prefix); if no message has them, as a substring; and if
 * none has that either, by the most similarly spelled words.
 */
export type Lookup =
  | { kind: 'words'; tsquery: string; words: Word[] }
  | { kind: 'part'; pattern: string; part: string; indexed: boolean }

/** A word to search for; with `prefix`, every word that begins with it. */
export type Word = { word: string; prefix: boolean }

/** A longer text is cut to this many UTF-16 units, and to this many words. */
const MAX_QUERY_LENGTH = 200
const MAX_QUERY_WORDS = 16
/** The most contents of files, of all people, that are read from the index of words. */
const FOUND_CONTENTS = 1_000
/** The most misspelled words; each is compared with each word of the person's vocabulary. */
const MAX_RESPELLED_WORDS = 8
/** The number of a person's newest messages that are scanned when no index can be used. */
const SCANNED_MESSAGES = 2_000
/** The number of a person's newest messages whose words form the vocabulary for spelling corrections. */
const VOCABULARY_MESSAGES = 1_000
/** The most words in that vocabulary; a single text may have a hundred thousand. */
const MAX_VOCABULARY_WORDS = 20_000
/** pg_trgm's similarity of two words that differ in one letter of five or six, or in two swapped letters of eight. */
const MIN_SIMILARITY = 0.35

/**
 * Chooses how to search for `text`. The same data gives the same choice, so that the pages of one search are
 * consistent. Null when nothing of this person matches.
 */
export async function chooseLookup(db: Db, userId: UserId, text: string): Promise<Lookup | null> {
  // Postgres cannot store U+0000 in texts.
  const query = shortened(text.replaceAll('\u0000', ' ').trim())
  if (query === '') {
    return null
  }
  const { rows } = await sql<{ parsed: string; trigrams: boolean }>`
    select plainto_tsquery('simple', ${query})::text as parsed,
      to_regclass('messages_by_trigram') is not null as trigrams`.execute(db)
  const { parsed = '', trigrams = false } = rows[0] ?? {}
  const words = wordsOf(parsed).slice(0, MAX_QUERY_WORDS)
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
  return isWords && trigrams && words.length <= MAX_RESPELLED_WORDS
    ? respell(db, userId, words)
    : null
}

/** The SQL condition that a row of `messages` matches. */
export function messageMatches(userId: UserId, lookup: Lookup): RawBuilder<boolean> {
  if (lookup.kind === 'words') {
    return sql`messages.user_id = ${userId} and messages.search_words @@ ${lookup.tsquery}::tsquery`
  }
  if (lookup.indexed) {
    return sql`messages.user_id = ${userId} and messages.text ilike ${lookup.pattern}`
  }
  return sql`messages.id in (
    select id from (
      select id, text from messages where user_id = ${userId} order by created_at desc limit ${SCANNED_MESSAGES}
    ) as newest where text ilike ${lookup.pattern})`
}

/**
 * The messages with a file that contains the words, as rows of `id`, `session_id`, `search_words` and `created_at`.
 * Parts of words are searched only in messages and names of files.
 *
 * The index of words covers the contents of all people, so only a limited number of hits is read from it. If there are
 * more, each content of this person's files is looked up by its key instead (`offset 0` forces the planner to do so).
 */
export function messagesOfFiles(userId: UserId, lookup: Lookup): RawBuilder<unknown> {
  const matches =
    lookup.kind === 'words' ? sql`search_words @@ ${lookup.tsquery}::tsquery` : sql`false`
  return sql`(
    with found as materialized (
      select sha256, search_words from file_contents where ${matches} limit ${FOUND_CONTENTS}
    ),
    own as materialized (
      select distinct sha256 from files
      where user_id = ${userId} and (select count(*) from found) = ${FOUND_CONTENTS}
    ),
    contents as materialized (
      select sha256, search_words from found where (select count(*) from found) < ${FOUND_CONTENTS}
      union all
      select sha256, search_words from own, lateral (
        select search_words from file_contents where file_contents.sha256 = own.sha256 offset 0
      ) as content where ${matches}
    )
    select messages.id, messages.session_id, contents.search_words, messages.created_at
    from contents join files using (sha256) join message_files on message_files.file_id = files.id
      join messages on messages.id = message_files.message_id
    where files.user_id = ${userId} and messages.user_id = ${userId})`
}

/** The SQL condition that a row of `sessions` matches in its title or summary. */
export function sessionMatches(userId: UserId, lookup: Lookup): RawBuilder<boolean> {
  return lookup.kind === 'words'
    ? sql`sessions.user_id = ${userId} and sessions.search_words @@ ${lookup.tsquery}::tsquery`
    : sql`sessions.user_id = ${userId} and (sessions.title ilike ${lookup.pattern} or sessions.summary ilike ${lookup.pattern})`
}

/**
 * Returns true when anything matches. The subqueries are materialized so that the planner optimizes for all rows. With
 * a plain `limit 1` it scans the table in the hope of an early match, which is slowest for rare words.
 */
async function matchesAny(db: Db, userId: UserId, lookup: Lookup): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`
    with matching_sessions as materialized (select id from sessions where ${sessionMatches(userId, lookup)}),
      matching_messages as materialized (select id from messages where ${messageMatches(userId, lookup)}),
      matching_files as materialized (select id from ${messagesOfFiles(userId, lookup)} as of_files)
    select exists (select from matching_sessions) or exists (select from matching_messages)
      or exists (select from matching_files) as found`.execute(db)
  return rows[0]?.found ?? false
}

/** Replaces the words by the most similar ones in the person's titles and newest messages; null when there are none. */
async function respell(db: Db, userId: UserId, words: readonly Word[]): Promise<Lookup | null> {
  const wanted = [...new Set(words.map(({ word }) => word))]
  const { rows } = await sql<{ wanted: string; word: string }>`
    with vocabulary as (
      select distinct word from (select word from (
        (select search_words from sessions where user_id = ${userId} order by updated_at desc limit ${VOCABULARY_MESSAGES})
        union all
        (select search_words from messages where user_id = ${userId} order by created_at desc limit ${VOCABULARY_MESSAGES})
      ) as texts, unnest(tsvector_to_array(search_words)) as word limit ${MAX_VOCABULARY_WORDS}) as newest
    )
    select wanted, alike.word from unnest(${wanted}::text[]) as wanted, lateral (
      select word from vocabulary
      where word = wanted or (abs(length(word) - length(wanted)) <= 2 and length(wanted) >= 4
        and similarity(word, wanted) >= ${MIN_SIMILARITY})
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

/** Parses the words of a `tsquery` such as `'it''s' & 'this'`. */
function wordsOf(tsquery: string): Word[] {
  const quoted = [...tsquery.matchAll(/'((?:[^'\\]|''|\\.)*)'/gu)]
  return quoted.map(([, word = ''], index) => ({
    word: word.replace(/''|\\(.)/gu, (pair, escaped?: string) => escaped ?? pair.charAt(0)),
    prefix: index === quoted.length - 1,
  }))
}

/** Formats the words as a `tsquery`. */
function toQuery(words: readonly Word[]): string {
  return words.map(({ word, prefix }) => `${quote(word)}${prefix ? ':*' : ''}`).join(' & ')
}

/** Cuts at a space where there is one, and never inside of a character. */
function shortened(text: string): string {
  if (text.length <= MAX_QUERY_LENGTH) {
    return text
  }
  const cut = text.slice(0, MAX_QUERY_LENGTH + 1)
  const space = cut.search(/\s\S*$/u)
  return (space > 0 ? cut.slice(0, space) : cut.slice(0, MAX_QUERY_LENGTH)).toWellFormed().trim()
}

function quote(word: string): string {
  return `'${word.replace(/['\\]/g, '$&$&')}'`
}
