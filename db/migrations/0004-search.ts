import { type Kysely, sql } from 'kysely'

/**
 * What search looks words up in, and an index for parts of words. A tsvector has room for a megabyte, and a text that
 * needed more could not be stored: so only its beginning is taken, which also in the worst case takes less.
 *
 * What `fastupdate` leaves for later is read through by every search until a vacuum comes, and an embedded database
 * has none: so words are indexed at once, and of trigrams, which are many, no more than 256 kB are left.
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
  // An operator may not have it, or not let us install it: search then goes without (docs/operations.md).
  `do $$ begin
    create extension if not exists pg_trgm;
    create index messages_by_trigram on messages using gin (text gin_trgm_ops) with (gin_pending_list_limit = 256);
  exception when insufficient_privilege or feature_not_supported or undefined_file or undefined_object then
    raise notice 'search goes without trigrams: %', sqlerrm;
  end $$`,
]
