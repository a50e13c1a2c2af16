import type { TestProject } from 'vitest/node'
import { preparations } from './preparations.ts'

/** Global setup of the tests that start the server as a process: bundles it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  return (await preparations(project).server.use()).release
}
