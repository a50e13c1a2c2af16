import type { TestProject } from 'vitest/node'
import { packAndInstall } from './packed-package.ts'
import type { PackedPackage } from './packed-package.ts'

declare module 'vitest' {
  interface ProvidedContext {
    packed: PackedPackage
  }
}

/** Global setup of the package tests: packs the package once per run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { packed, remove } = await packAndInstall()
  project.provide('packed', packed)
  return remove
}
