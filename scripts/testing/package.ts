import type { TestProject } from 'vitest/node'
import { type PackedPackage, packAndInstall } from './packed-package.ts'

declare module 'vitest' {
  interface ProvidedContext {
    packed: PackedPackage
  }
}

/** Global setup of the tests of the published package: it is packed once a run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { packed, remove } = await packAndInstall()
  project.provide('packed', packed)
  return remove
}
