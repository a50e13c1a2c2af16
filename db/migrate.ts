import type { Kysely } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import type { Schema } from './schema.ts'
import { up as conversations } from './migrations/0001-conversations.ts'

/** Every migration, in order; the last name is the version of the schema. */
const migrations: Record<string, Migration> = {
  '0001-conversations': { up: conversations },
}

/** Names the schema that `migrate` makes; a template of another version is stale. */
export const schemaVersion = Object.keys(migrations).at(-1) ?? 'empty'

/**
 * Brings the database to the newest schema. Several nodes may start at once: an advisory lock lets one of them work.
 *
 * @throws the error of the migration that failed; what had been done before it in this call is rolled back.
 */
export async function migrate(db: Kysely<Schema>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const { error } = await migrator.migrateToLatest()
  if (error) {
    throw new Error('the database could not be brought to the newest schema', { cause: error })
  }
}
