import { PostgresAdapter, PostgresDialect, sql } from 'kysely'
import type { Kysely, QueryExecutorProvider } from 'kysely'

/** The advisory lock of migrations: Kysely's own number, which earlier versions of this server take too. */
const MIGRATION_LOCK = 3_853_314_791_062_309_107n

/**
 * Waits until no other process migrates, and prevents others from it until the transaction ends. The lock belongs to
 * the transaction: behind a pooler in transaction mode, a lock of the session would be taken on one connection and
 * released on another, and so stay for ever.
 */
export async function lockMigrations(transaction: QueryExecutorProvider): Promise<void> {
  await sql`select pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)})`.execute(transaction)
}

/** Kysely's own dialect without its lock of the session. */
export class TransactionLockDialect extends PostgresDialect {
  override createAdapter(): PostgresAdapter {
    return new TransactionLockAdapter()
  }
}

class TransactionLockAdapter extends PostgresAdapter {
  override acquireMigrationLock<T>(db: Kysely<T>): Promise<void> {
    return lockMigrations(db)
  }

  override async releaseMigrationLock(): Promise<void> {
    // The end of the transaction releases the lock.
  }
}
