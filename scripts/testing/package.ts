import type { TestProject } from 'vitest/node'
import type { PackedPackage } from './packed-package.ts'
import { preparations } from './preparations.ts'

declare module 'vitest' {
  interface ProvidedContext {
    packed: PackedPackage
  }
}

/** Global setup of the package tests: packs the package once per run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { result, release } = await preparations(project).package.use()
  project.provide('packed', result)
  return release
}
