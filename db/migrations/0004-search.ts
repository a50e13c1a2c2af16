import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/**
 * Adds full-text search columns and a trigram index for parts of words. A tsvector is limited to one megabyte, so only
 * the beginning of a long text is indexed, which fits in the worst case too.
 *
 * Entries that `fastupdate` defers are scanned by every search until the next vacuum, and an embedded database has
 * none. Words are therefore indexed at once; for trigrams, which are many, at most 256 kB are deferred.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) {
    await sql.raw(statement).execute(db)
  }
}

const statements = [
  `alter table messages add column search_words tsvector
    generated always as (to_tsvector('simple', left(text, 100000))) stored`,
  `create index messages_by_word on messages using gin (search_words) with (fastupdate = off)`,
  `create index messages_of_user on messages (user_id, created_at desc)`,
  `alter table sessions add column search_words tsvector generated always as (
    setweight(to_tsvector('simple', left(coalesce(title, ''), 10000)), 'A') ||
    setweight(to_tsvector('simple', left(coalesce(summary, ''), 10000)), 'B')) stored`,
  `create index sessions_by_word on sessions using gin (search_words) with (fastupdate = off)`,
  // The extension may be missing, or this role may not install it; then search works without it (docs/operations.md).
  `do $$ begin
    create extension if not exists pg_trgm;
    create index messages_by_trigram on messages using gin (text gin_trgm_ops) with (gin_pending_list_limit = 256);
  exception when insufficient_privilege or feature_not_supported or undefined_file or undefined_object then
    raise notice 'search goes without trigrams: %', sqlerrm;
  end $$`,
]
