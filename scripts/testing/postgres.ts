import type { TestProject } from 'vitest/node'
import { preparations } from './preparations.ts'

declare module 'vitest' {
  interface ProvidedContext {
    postgres: {
      /** The database that others are created and dropped from. */
      adminUrl: string
      /** Name of a migrated database, for `create database … template …`. */
      template: string
    }
  }
}

/** Global setup of the tests on real Postgres: one server per run, with a migrated template database. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { result, release } = await preparations(project).postgres.use()
  const { adminUrl, template } = result
  project.provide('postgres', { adminUrl, template })
  return release
}
