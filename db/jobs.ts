import { CompiledQuery } from 'kysely'
import { getConstructionPlans } from 'pg-boss'
import type { Db } from './database.ts'

/** The schema of its own that pg-boss keeps its tables in. */
export const JOB_SCHEMA_NAME = 'jobs'

/** What makes that schema, for a database that is made as a whole; pg-boss makes it itself where it finds none. */
export const JOB_SCHEMA = getConstructionPlans(JOB_SCHEMA_NAME)

export type JobRow = Record<string, unknown>

/** Runs what pg-boss asks for: a statement with its values, or several without any. */
export type JobStorage = {
  executeSql(text: string, values?: unknown[]): Promise<{ rows: JobRow[] }>
}

/** The storage inside a transaction of ours: a job is there with its commit, or never. */
export function jobsOf(transaction: Db): JobStorage {
  return {
    executeSql: async (text, values = []) => {
      const { rows } = await transaction.executeQuery<JobRow>(CompiledQuery.raw(text, values))
      return { rows }
    },
  }
}
