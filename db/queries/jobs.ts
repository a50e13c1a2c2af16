import { CompiledQuery } from 'kysely'
import { getConstructionPlans } from 'pg-boss'
import type { Db } from '../engine/database.ts'

/** The schema in which pg-boss keeps its tables. */
export const JOB_SCHEMA_NAME = 'jobs'

/** The SQL that creates this schema, for the database template; otherwise pg-boss creates the schema itself. */
export const JOB_SCHEMA = getConstructionPlans(JOB_SCHEMA_NAME)

export type JobRow = Record<string, unknown>

/** Runs the SQL of pg-boss: one statement with values, or several statements without values. */
export type JobStorage = {
  executeSql(text: string, values?: unknown[]): Promise<{ rows: JobRow[] }>
}

/** Job storage inside of a transaction: a job is created only if the transaction commits. */
export function jobsOf(transaction: Db): JobStorage {
  return {
    executeSql: async (text, values = []) => {
      const { rows } = await transaction.executeQuery<JobRow>(CompiledQuery.raw(text, values))
      return { rows }
    },
  }
}
