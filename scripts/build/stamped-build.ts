import { createHash } from 'node:crypto'
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { FolderInUseError, lockFolder } from '../../db/engine/embedded/folder-lock.ts'

export const root = fileURLToPath(new URL('../..', import.meta.url))
/** Holds the locks of the builds. */
const cache = join(root, 'node_modules/.cache/throughline')
const LOCK_POLL_MS = 200

type BuildOptions = {
  /** What is built, for messages: "the web app". */
  name: string
  /** The folder that is made, relative to the root. Nothing else is in it. */
  output: string
  /** Patterns of all files that the result depends on. */
  sources: string[]
  /** Makes the folder. */
  make(fingerprint: string): Promise<void>
}

/** A folder that is built from sources, and built again when they have changed. */
export class StampedBuild {
  readonly #options: BuildOptions
  readonly #output: string
  /** The fingerprint of the sources. It is written last, so an interrupted build has none. */
  readonly #stamp: string

  constructor(options: BuildOptions) {
    this.#options = options
    this.#output = join(root, options.output)
    this.#stamp = join(this.#output, '.built-from')
  }

  isFresh(): boolean {
    return fingerprint(root, this.#options.sources) === this.#builtFrom()
  }

  /**
   * Builds the folder unless it is up to date. One process builds at a time, and the others wait for it: two would empty
   * each other's folder.
   * @throws when the build fails; the next call tries again
   */
  async build(): Promise<'built' | 'fresh'> {
    if (this.isFresh()) return 'fresh'
    const unlock = await this.#lock()
    try {
      // Another process may have built it meanwhile.
      if (this.isFresh()) return 'fresh'
      await this.#make()
      return 'built'
    } finally {
      unlock()
    }
  }

  async #make(): Promise<void> {
    const { name, sources, make } = this.#options
    const wanted = fingerprint(root, sources)
    console.error(`Building ${name} …`)
    const began = performance.now()
    rmSync(this.#stamp, { force: true })
    await make(wanted)
    writeFileSync(this.#stamp, wanted)
    console.error(`Built ${name} in ${((performance.now() - began) / 1000).toFixed(1)} s`)
  }

  /** Resolves when no other process builds; the operating system releases the lock of a process that was killed. */
  async #lock(): Promise<() => void> {
    const { name, output } = this.#options
    const folder = join(cache, output)
    mkdirSync(folder, { recursive: true })
    for (let tries = 0; ; tries += 1) {
      try {
        return lockFolder(folder)
      } catch (error) {
        if (!(error instanceof FolderInUseError)) throw error
        if (tries === 0) console.error(`Waiting for another process that builds ${name} …`)
        await setTimeout(LOCK_POLL_MS)
      }
    }
  }

  #builtFrom(): string | null {
    try {
      return readFileSync(this.#stamp, 'utf8')
    } catch {
      return null
    }
  }
}

/** A hash of the contents of the files, independent of their modification times. */
export function fingerprint(folder: string, patterns: string[]): string {
  const files = globSync(patterns, { cwd: folder, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
  const hash = createHash('sha256')
  for (const file of files.sort()) {
    const content = readFileSync(file)
    hash.update(`${file.slice(folder.length)}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex')
}
