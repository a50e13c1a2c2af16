import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/**
 * Files: contents, each stored once, their owners, and the messages that have them. The bytes are in a store outside of
 * the database.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) {
    await sql.raw(statement).execute(db)
  }
}

const statements = [
  `create table file_contents (
    sha256 text primary key,
    key text not null unique,
    bytes bigint not null,
    kind text not null,
    mime_type text,
    width integer,
    height integer,
    pages integer,
    text text,
    error text,
    created_at timestamptz(3) not null
  )`,
  `create table files (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    sha256 text not null references file_contents (sha256),
    name text not null,
    mime_type text not null,
    created_at timestamptz(3) not null
  )`,
  `create index files_of_user on files (user_id, created_at desc, id desc)`,
  `create index files_of_content on files (sha256)`,
  `create table message_files (
    message_id uuid not null references messages (id) on delete cascade,
    session_id uuid not null,
    file_id uuid not null references files (id) on delete cascade,
    primary key (message_id, file_id)
  )`,
  `create index messages_of_file on message_files (file_id)`,
  `create index files_of_session on message_files (session_id)`,
  `create table stray_objects (
    key text primary key,
    remove_after timestamptz(3) not null
  )`,
  ...['file_contents', 'files', 'message_files', 'stray_objects'].map(
    (table) => `alter table ${table} enable row level security`,
  ),
]
