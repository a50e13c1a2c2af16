import { basename } from 'node:path'
import type { TestProject } from 'vitest/node'
import { serverBundle } from '../build/server.ts'
import { webApp } from '../build/web-app.ts'
import { findOrInstallChromium } from './chromium.ts'
import { packAndInstall } from './packed-package.ts'
import { startTemplateServer } from './postgres/template-server.ts'

type Made<T> = { result: T; remove: () => Promise<void> }

/** Something that takes seconds to prepare, and that several projects use. */
class Preparation<T> {
  readonly #make: () => Promise<Made<T>>
  #made: Promise<Made<T>> | null = null
  #users = 0

  constructor(make: () => Promise<Made<T>>) {
    this.#make = make
  }

  begin(): Promise<Made<T>> {
    if (!this.#made) {
      this.#made = this.#make()
      // A later setup may be the one that awaits it, and gets the error.
      this.#made.catch(() => undefined)
    }
    return this.#made
  }

  /** @returns the result with `release`, for the end of the project; the last release removes it */
  async use(): Promise<{ result: T; release: () => Promise<void> }> {
    this.#users += 1
    const { result, remove } = await this.begin()
    return {
      result,
      release: async () => {
        this.#users -= 1
        if (this.#users > 0) return
        this.#made = null
        await remove()
      },
    }
  }
}

/** The preparations, by the names of the global setups that use them. */
const create = () => ({
  browser: new Preparation(async () => {
    await webApp.build()
    const { path, version } = findOrInstallChromium()
    console.log(`Environment: ${version} (${path})`)
    return { result: path, remove: async () => undefined }
  }),
  package: new Preparation(async () => {
    const { packed, remove } = await packAndInstall()
    return { result: packed, remove }
  }),
  server: new Preparation(async () => {
    await serverBundle.build()
    return { result: null, remove: async () => undefined }
  }),
  postgres: new Preparation(async () => {
    const { stop, version, ...result } = await startTemplateServer()
    console.log(`Environment: PostgreSQL ${version} (from npm, on a socket of its own)`)
    return { result, remove: stop }
  }),
})

declare global {
  /** Each project loads this module anew, so a variable in it could not be shared. */
  var throughlineTestRun: ReturnType<typeof create> | undefined
}

/**
 * Makes what global setups need, once in a run for all projects. Vitest carries setups out one after another;
 * everything that this run needs begins with the first of them, so that for example the package is packed while the web
 * app is built.
 */
export function preparations(project: TestProject): ReturnType<typeof create> {
  const all = (globalThis.throughlineTestRun ??= create())
  const setups = project.vitest.projects.flatMap(({ config }) => config.globalSetup)
  const needed = new Set(setups.map((file) => basename(file, '.ts')))
  for (const [name, preparation] of Object.entries(all)) {
    if (needed.has(name)) void preparation.begin()
  }
  return all
}
