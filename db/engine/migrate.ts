import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import { DEFAULT_MIGRATION_TABLE, Migrator } from 'kysely/migration'
import type { Migration } from 'kysely/migration'
import { retryLocks } from './lock-retries.ts'
import { lockMigrations } from './postgres/dialect.ts'
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
import { up as registeredGuests } from '../migrations/0066-registered-guests.ts'
import { up as guestPools } from '../migrations/0067-guest-pools.ts'
import { up as filesReadLater } from '../migrations/0068-files-read-later.ts'
import { up as usageByKey } from '../migrations/0069-usage-by-key.ts'
import { up as sessionTags } from '../migrations/0070-session-tags.ts'
import { up as openQuestions } from '../migrations/0072-open-questions.ts'
import { up as conversationMetadata } from '../migrations/0073-conversation-metadata.ts'
import { up as prunedLogs } from '../migrations/0074-pruned-logs.ts'
import { up as changeBytes } from '../migrations/0075-change-bytes.ts'
import { up as answerFunctions } from '../migrations/0076-answer-functions.ts'
import { up as sessionFunctions } from '../migrations/0077-session-functions.ts'

/** All migrations in order; the name of the last one is the version of the schema. */
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
  '0066-registered-guests': { up: registeredGuests },
  '0067-guest-pools': { up: guestPools },
  '0068-files-read-later': { up: filesReadLater },
  '0069-usage-by-key': { up: usageByKey },
  '0070-session-tags': { up: sessionTags },
  '0072-open-questions': { up: openQuestions },
  '0073-conversation-metadata': { up: conversationMetadata },
  '0074-pruned-logs': { up: prunedLogs },
  '0075-change-bytes': { up: changeBytes },
  '0076-answer-functions': { up: answerFunctions },
  '0077-session-functions': { up: sessionFunctions },
}

/** In order. The template of new databases is cached under these names. */
export const migrationNames = Object.keys(migrations)

/**
 * The longest time that a migration waits for a table in use, because later transactions wait behind it. Milliseconds.
 */
const LOCK_WAIT = 2_000
/** Some ten minutes in all, for long statements or a backup. */
const LOCK_RETRIES = { pauseMs: 1_000, most: 200 }

/**
 * Migrates the database to the newest schema. Several nodes may start at once: an advisory lock lets one of them
 * migrate. In a database in use each migration is committed by itself, because it locks the tables that it changes
 * until then; a new database gets all of them or none.
 *
 * @param upTo the last migration to apply, for a database of an earlier version; the newest when absent
 * @throws the error of the migration that failed; it is rolled back
 * @throws {RowsHiddenError} when the role is not the owner of the tables
 */
export async function migrate(db: Kysely<Schema>, upTo?: string): Promise<void> {
  if (await hidesRows(db)) {
    throw new RowsHiddenError()
  }
  if (upTo === undefined && (await isMigrated(db))) {
    return
  }
  const last = upTo ?? migrationNames.at(-1) ?? ''
  const applied = new Set(await appliedNamesIfAny(db))
  const steps = migrationNames.filter((name) => name < last && !applied.has(name))
  try {
    for (const name of applied.size > 0 ? [...steps, upTo] : [upTo]) {
      await retryLocks(() => migrateTo(db, name), LOCK_RETRIES)
    }
  } catch (cause) {
    throw new Error('the database could not be brought to the newest schema', { cause })
  }
}

/** Applies the migrations in one transaction. */
async function migrateTo(db: Kysely<Schema>, upTo: string | undefined): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    // Migrations may take long, and other nodes wait for them. The limits are lifted for this transaction only, because
    // a pooler may give the connection to another client afterwards.
    await sql`
      select set_config('statement_timeout', '0', true), set_config('lock_timeout', '0', true)`.execute(
      transaction,
    )
    await lockMigrations(transaction)
    await sql`select set_config('lock_timeout', ${`${LOCK_WAIT}`}, true)`.execute(transaction)
    const all = await withNewer(transaction)
    // Another node may have gone further meanwhile.
    if (upTo !== undefined && (await appliedNamesIfAny(transaction)).includes(upTo)) return
    const provider = { getMigrations: async () => all }
    const migrator = new Migrator({ db: transaction, provider })
    const { error } = await (upTo === undefined
      ? migrator.migrateToLatest()
      : migrator.migrateTo(upTo))
    if (error !== undefined) throw asError(error)
  })
}

function asError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error('a migration failed', { cause })
}

/**
 * Returns true when all migrations of this version were applied. At most starts that is so, and neither a lock nor
 * introspection is needed.
 */
async function isMigrated(db: Kysely<Schema>): Promise<boolean> {
  const newest = migrationNames.at(-1) ?? ''
  const names = (await appliedNamesIfAny(db)).filter((name) => name <= newest)
  return names.join() === migrationNames.toSorted().join()
}

/** Empty for a database that was never migrated. */
async function appliedNamesIfAny(db: Kysely<Schema>): Promise<string[]> {
  const { rows } = await sql<{ found: boolean }>`
    select to_regclass(${DEFAULT_MIGRATION_TABLE}) is not null as found`.execute(db)
  return rows[0]?.found ? appliedNames(db) : []
}

async function appliedNames(db: Kysely<Schema>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select name from ${sql.table(DEFAULT_MIGRATION_TABLE)} order by name collate "C"`.execute(db)
  return rows.map(({ name }) => name)
}

/**
 * The migrations of this version, and an empty one for each that a newer version has applied: during an upgrade, and
 * after a rollback, this version runs on the newer schema.
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
