import { fileURLToPath } from 'node:url'
import { connect } from '../../db/engine/connect.ts'
import { migrate, migrationNames } from '../../db/engine/migrate.ts'
import { describeTables } from './describe.ts'
import type { ColumnDescription, TableDescription } from './describe.ts'

/** One sentence for each table. A comment on the table itself, if a migration made one, takes precedence. */
const SENTENCES: Record<string, string> = {
  allowances:
    'What calls of models used of the tokens and US dollars of a person or a key on each day (UTC), with what is set aside for calls that are under way, and what was lacking for one that was refused.',
  api_keys: 'The keys by which programs act for a person, as hashes.',
  audit_log: 'Who did what from where. Rows are only added.',
  auth_accounts:
    "The ways into each account: a password's hash (`credential`), or an account elsewhere.",
  auth_links:
    "The links that make one account, once: the first one's, and invitations; tokens as hashes.",
  auth_sessions: 'The logins.',
  auth_two_factors: 'The second factors, encrypted.',
  auth_users: 'The accounts as the sign-in library knows them, each of a person.',
  auth_verifications:
    'Tokens of the sign-in library that are on their way, such as those of a reset.',
  background_usage:
    'Tokens and cost of calls outside of answers: titles, summaries, pictures, speech.',
  deleted_sessions:
    'Where the log of each deleted session ended, so that a session made again under its id begins behind every cursor.',
  events:
    'The log: each event of each session, in order. The primary key allots the places. There is no foreign key, because checking one would lock the session with every batch.',
  kysely_migration: 'The migrations that have run (kept by Kysely).',
  kysely_migration_lock: 'Lets one process migrate at a time (kept by Kysely).',
  messages: 'The message tree of each session: what people said, and the answers.',
  file_contents:
    'Contents of files by their SHA-256, each once, with what can be read in it. The bytes are in a folder or an S3-compatible store.',
  files: 'A name that a person gave some content.',
  message_files: 'Which message has which file.',
  file_checks:
    'Files that no message may have any more, and contents that no file may have: the sweep looks at them, and at no others.',
  shared_files: 'Which file of a person’s a shared snapshot gives, under an id of its own.',
  stray_objects:
    'Objects in the store that nothing refers to: they are being written, or are to be removed.',
  mcp_clients: 'As what this server is registered at the authorization servers of MCP servers.',
  mcp_logins: 'Who is signed in to which MCP server. The tokens are encrypted.',
  mcp_sign_ins: 'Sign-ins at MCP servers that have begun, each for one answer within minutes.',
  node_secrets: 'Secrets that the nodes share, to encrypt what they tell each other by NOTIFY.',
  nodes: 'The living server processes, each with the time until which its lease holds.',
  presets:
    'What people keep to begin sessions with: instructions, a model, tools that are off, suggestions.',
  project_files: 'The files of each project, in their order.',
  projects: 'Folders of sessions, with instructions for all of them.',
  push_subscriptions: 'The devices that are told by Web Push, each of one login.',
  pushes:
    'What a device is to be told, once for each place in the log; kept for a day after it was.',
  rate_windows:
    'How much was used of each limit by the minute, since when: requests and messages of a person or an address, failed sign-ins.',
  responses:
    'What was asked for through `/v1/responses`, to be said again with each retrieval ([doors](doors.md)). A run that waited for outputs and went on is several responses.',
  readers: 'Which node has readers of which session; counted as long as the node lives.',
  runs: 'One generation each: who drives it, its attempt, how it ended and what it used.',
  sessions: 'The conversations.',
  shares: 'Read-only snapshots of conversations, each behind a token.',
  spending:
    'What model calls cost on each day (UTC), with what is set aside for calls that are under way. Deleting a session gives nothing back.',
  steps: 'The finished model calls of each run.',
  tool_calls: 'The calls of tools, recorded before they start.',
  withdrawn_messages:
    'The ids of messages that were taken back while they waited, so that none is asked when it is sent again.',
  users:
    'The people; without accounts, the one local owner. An account, of `auth_users` or of an outside issuer, belongs to one.',
}

/** Migrates an empty database in memory and draws its tables as Markdown, the content of docs/schema.md. */
export async function drawSchema(): Promise<string> {
  const templateDir = fileURLToPath(
    new URL('../../node_modules/.cache/throughline', import.meta.url),
  )
  await using opened = new AsyncDisposableStack()
  const database = opened.adopt(await connect({ dataDir: 'memory:', templateDir }), (open) =>
    open.close(),
  )
  await migrate(database.db)
  return drawTables(await describeTables(database.db))
}

/** @throws when a table has neither a comment nor a sentence, or a sentence has no table */
export function drawTables(tables: TableDescription[], sentences = SENTENCES): string {
  const names = tables.map(({ name }) => name)
  const gone = Object.keys(sentences).filter((name) => !names.includes(name))
  if (gone.length > 0) throw new Error(`There is no table any more for: ${gone.join(', ')}.`)
  return [
    '# The database schema',
    '<!-- Drawn by `npm run schema` from a migrated database. Do not edit by hand. -->',
    `All tables of the schema \`public\` after the migration \`${migrationNames.at(-1)}\`, as the embedded database has them. A Postgres on which the extension \`pg_trgm\` may not be installed goes without the index \`messages_by_trigram\` ([Postgres](operations.md#postgres)). The job queue (pg-boss) keeps its own tables in the schema \`jobs\`. What the columns mean to the code: \`db/schema.ts\`.`,
    names.map((name) => `[${name}](#${name})`).join(' · '),
    ...tables.map((table) => drawTable(table, table.comment ?? sentences[table.name])),
  ]
    .join('\n\n')
    .concat('\n')
}

function drawTable(table: TableDescription, sentence: string | undefined): string {
  if (sentence === undefined) {
    throw new Error(`The table ${table.name} wants a comment, or a sentence in this script.`)
  }
  return [
    `## ${table.name}`,
    sentence,
    [
      '| column | type | null | default |',
      '| --- | --- | --- | --- |',
      ...table.columns.map(drawColumn),
    ].join('\n'),
    drawList('Keys and checks', table.constraints),
    drawList('Indexes', table.indexes),
    drawList('Triggers', table.triggers),
    `Row level security: ${rowSecurity(table)}.`,
  ]
    .filter((piece) => piece !== null)
    .join('\n\n')
}

function drawColumn({ name, type, nullable, value, kind }: ColumnDescription): string {
  const made = { default: value, generated: `generated: ${value}`, identity: 'identity' }
  // In a table of Markdown a bar ends the cell, even within code.
  const text = kind === null ? '' : code(made[kind] ?? '').replaceAll('|', String.raw`\|`)
  return `| \`${name}\` | ${type} | ${nullable ? 'yes' : 'no'} | ${text} |`
}

function drawList(title: string, entries: { name: string; definition: string }[]): string | null {
  if (entries.length === 0) return null
  const lines = entries.map(({ name, definition }) => `- \`${name}\`: ${code(definition)}`)
  return [`${title}:`, '', ...lines].join('\n')
}

function code(text: string): string {
  return `\`${text.replaceAll(/\s+/g, ' ')}\``
}

function rowSecurity({ rowSecurity: isOn, policies }: TableDescription): string {
  if (!isOn) return 'off'
  return policies === 0
    ? 'on, without policies: only the owner sees rows'
    : `on, ${policies} policies`
}
