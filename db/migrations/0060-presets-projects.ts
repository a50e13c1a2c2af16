import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import { withdrawGrants } from './0049-withdrawn-grants.ts'

/**
 * Presets, and projects with instructions and files for all their sessions. A session may have tools switched off, and
 * a temporary one is deleted when it closes.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) {
    await sql.raw(statement).execute(db)
  }
  for (const table of tables) {
    await sql`alter table ${sql.table(table)} enable row level security`.execute(db)
  }
  await withdrawGrants(db, tables)
}

const tables = ['presets', 'projects', 'project_files']

const statements = [
  `create table presets (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    name text not null,
    instructions text,
    model text,
    tools_off json,
    suggestions json not null,
    created_at timestamptz(3) not null,
    updated_at timestamptz(3) not null
  )`,
  `create index presets_of_user on presets (user_id)`,
  `create table projects (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    name text not null,
    instructions text,
    archived boolean not null default false,
    created_at timestamptz(3) not null,
    updated_at timestamptz(3) not null
  )`,
  `create index projects_of_user on projects (user_id)`,
  `create table project_files (
    project_id uuid not null references projects (id) on delete cascade,
    file_id uuid not null references files (id) on delete cascade,
    place integer not null,
    primary key (project_id, file_id)
  )`,
  `create index projects_of_file on project_files (file_id)`,
  // The same as for the files of messages (0053).
  `create function note_project_file() returns trigger language plpgsql as $$ begin
    insert into file_checks (file_id, check_after)
      select id, created_at + interval '1 day' from files where id = old.file_id;
    return null;
  end $$`,
  `create trigger note_unused_file after delete on project_files
    for each row execute function note_project_file()`,
  `alter table sessions
    add column project_id uuid references projects (id) on delete set null,
    add column tools_off json,
    add column temporary boolean not null default false`,
  `create index sessions_of_project on sessions (project_id) where project_id is not null`,
]
