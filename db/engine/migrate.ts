import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import { DEFAULT_MIGRATION_TABLE, Migrator } from 'kysely/migration'
import type { Migration } from 'kysely/migration'
import { lockMigrations } from './postgres-dialect.ts'
import { RowsHiddenError, hidesRows } from './row-security.ts'
import type { Schema } from '../schema.ts'
import { up as conversations } from '../migrations/0001-conversations.ts'
import { up as decisions } from '../migrations/0002-decisions.ts'
import { up as chosenParents } from '../migrations/0003-chosen-parents.ts'
import { up as search } from '../migrations/0004-search.ts'
import { up as usage } from '../migrations/0005-usage.ts'
import { up as shares } from '../migrations/0006-shares.ts'
import { up as presence } from '../migrations/0007-presence.ts'
import { up as spending } from '../migrations/0008-spending.ts'
import { up as toolProgress } from '../migrations/0009-tool-progress.ts'
import { up as backgroundUsage } from '../migrations/0010-background-usage.ts'
import { up as rowSecurity } from '../migrations/0011-row-security.ts'
import { up as deletedSessions } from '../migrations/0012-deleted-sessions.ts'
import { up as retriedCalls } from '../migrations/0020-retried-calls.ts'
import { up as notes } from '../migrations/0021-notes.ts'
import { up as offeredTools } from '../migrations/0022-offered-tools.ts'
import { up as oneOwnerIndex } from '../migrations/0023-one-owner-index.ts'
import { up as accounts } from '../migrations/0030-accounts.ts'
import { up as deletions } from '../migrations/0031-deletions.ts'
import { up as auditLog } from '../migrations/0035-audit-log.ts'
import { up as limits } from '../migrations/0036-limits.ts'
import { up as queuedRuns } from '../migrations/0037-queued-runs.ts'
import { up as ratings } from '../migrations/0038-ratings.ts'
import { up as files } from '../migrations/0040-files.ts'
import { up as runOptions } from '../migrations/0045-run-options.ts'
import { up as responses } from '../migrations/0046-responses.ts'
import { up as withdrawnGrants } from '../migrations/0049-withdrawn-grants.ts'
import { up as joiningContinuing } from '../migrations/0051-joining-continuing.ts'
import { up as filesOfCalls } from '../migrations/0052-files-of-calls.ts'
import { up as fileChecks } from '../migrations/0053-file-checks.ts'
import { up as sharedFiles } from '../migrations/0054-shared-files.ts'
import { up as clientDeadlines } from '../migrations/0055-client-deadlines.ts'
import { up as forgottenChunks } from '../migrations/0056-forgotten-chunks.ts'
import { up as generations } from '../migrations/0057-generations.ts'
import { up as presetsProjects } from '../migrations/0060-presets-projects.ts'
import { up as push } from '../migrations/0061-push.ts'
import { up as withdrawnMessages } from '../migrations/0062-withdrawn-messages.ts'
import { up as waitsFirstTokens } from '../migrations/0063-waits-first-tokens.ts'
import { up as questionsTasks } from '../migrations/0064-questions-tasks.ts'
import { up as mcpLogins } from '../migrations/0065-mcp-logins.ts'

/** Every migration, in order; the last name is the version of the schema. */
const migrations: Record<string, Migration> = {
  '0001-conversations': { up: conversations },
  '0002-decisions': { up: decisions },
  '0003-chosen-parents': { up: chosenParents },
  '0004-search': { up: search },
  '0005-usage': { up: usage },
  '0006-shares': { up: shares },
  '0007-presence': { up: presence },
  '0008-spending': { up: spending },
  '0009-tool-progress': { up: toolProgress },
  '0010-background-usage': { up: backgroundUsage },
  '0011-row-security': { up: rowSecurity },
  '0012-deleted-sessions': { up: deletedSessions },
  '0020-retried-calls': { up: retriedCalls },
  '0021-notes': { up: notes },
  '0022-offered-tools': { up: offeredTools },
  '0023-one-owner-index': { up: oneOwnerIndex },
  '0030-accounts': { up: accounts },
  '0031-deletions': { up: deletions },
  '0035-audit-log': { up: auditLog },
  '0036-limits': { up: limits },
  '0037-queued-runs': { up: queuedRuns },
  '0038-ratings': { up: ratings },
  '0040-files': { up: files },
  '0045-run-options': { up: runOptions },
  '0046-responses': { up: responses },
  '0049-withdrawn-grants': { up: withdrawnGrants },
  '0051-joining-continuing': { up: joiningContinuing },
  '0052-files-of-calls': { up: filesOfCalls },
  '0053-file-checks': { up: fileChecks },
  '0054-shared-files': { up: sharedFiles },
  '0055-client-deadlines': { up: clientDeadlines },
  '0056-forgotten-chunks': { up: forgottenChunks },
  '0057-generations': { up: generations },
  '0060-presets-projects': { up: presetsProjects },
  '0061-push': { up: push },
  '0062-withdrawn-messages': { up: withdrawnMessages },
  '0063-waits-first-tokens': { up: waitsFirstTokens },
  '0064-questions-tasks': { up: questionsTasks },
  '0065-mcp-logins': { up: mcpLogins },
}

/** In order. The template of new databases is cached by these names. */
export const migrationNames = Object.keys(migrations)

/**
 * Migrates the database to the newest schema. Several nodes may start at once: an advisory lock lets one of them
 * migrate.
 * @param upTo the last migration to apply, for a database as an earlier version made it; the newest when left out
 * @throws the error of the migration that failed; earlier migrations of the same call are rolled back.
 * @throws {RowsHiddenError} when the role is not the owner of the tables
 */
export async function migrate(db: Kysely<Schema>, upTo?: string): Promise<void> {
  if (await hidesRows(db)) {
    throw new RowsHiddenError()
  }
  if (upTo === undefined && (await isMigrated(db))) {
    return
  }
  await db.transaction().execute(async (transaction) => {
    // Migrations may take long, and other nodes wait for them. Set for this transaction alone, since a pooler may give the
    // connection to somebody else afterwards.
    await sql`
      select set_config('statement_timeout', '0', true), set_config('lock_timeout', '0', true)`.execute(
      transaction,
    )
    await lockMigrations(transaction)
    const all = await withNewer(transaction)
    const migrator = new Migrator({ db: transaction, provider: { getMigrations: async () => all } })
    const { error } = await (upTo === undefined
      ? migrator.migrateToLatest()
      : migrator.migrateTo(upTo))
    if (error) {
      throw new Error('the database could not be brought to the newest schema', { cause: error })
    }
  })
}

/** Returns true when all our migrations were applied. Most starts find it so, and need neither lock nor introspection. */
async function isMigrated(db: Kysely<Schema>): Promise<boolean> {
  const { rows: tables } = await sql<{ found: boolean }>`
    select to_regclass(${DEFAULT_MIGRATION_TABLE}) is not null as found`.execute(db)
  if (!tables[0]?.found) {
    return false
  }
  const newest = migrationNames.at(-1) ?? ''
  const names = (await appliedNames(db)).filter((name) => name <= newest)
  return names.join() === migrationNames.toSorted().join()
}

async function appliedNames(db: Kysely<Schema>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select name from ${sql.table(DEFAULT_MIGRATION_TABLE)} order by name collate "C"`.execute(db)
  return rows.map(({ name }) => name)
}

/**
 * Our migrations, and an empty one for each that a newer version has applied: during an upgrade, and after a rollback,
 * this version runs on the newer schema.
 */
async function withNewer(db: Kysely<Schema>): Promise<Record<string, Migration>> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
  if (!tables.some(({ name }) => name === DEFAULT_MIGRATION_TABLE)) {
    return migrations
  }
  const newest = migrationNames.at(-1) ?? ''
  const newer = (await appliedNames(db)).filter((name) => name > newest)
  return {
    ...migrations,
    ...Object.fromEntries(newer.map((name) => [name, { up: async () => {} }])),
  }
}

/** The name of the last migration that was applied. */
export async function readSchemaVersion(db: Kysely<Schema>): Promise<string | null> {
  const { rows } = await sql<{ name: string }>`
    select name from ${sql.table(DEFAULT_MIGRATION_TABLE)} order by name desc limit 1`.execute(db)
  return rows[0]?.name ?? null
}
