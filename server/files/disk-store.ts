import { constants } from 'node:fs'
import { copyFile, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { hashFile } from './hash-file.ts'
import type { ByteRange, ObjectStore } from './store.ts'
import { StoreError } from './store.ts'

/** Files in a folder of this machine. */
export class DiskStore implements ObjectStore {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  async put(
    key: string,
    { path, sha256 }: { path: string; bytes: number; sha256: string },
  ): Promise<void> {
    const target = this.#path(key)
    const temporary = `${target}.part`
    await mkdir(dirname(target), { recursive: true, mode: 0o700 })
    try {
      // A copy without copying bytes, if the file system supports it.
      await copyFile(path, temporary, constants.COPYFILE_FICLONE)
      await sync(temporary)
      if ((await hashFile(temporary)).sha256 !== sha256) {
        throw new StoreError('The disk did not keep the file as it was.')
      }
      await rename(temporary, target)
      await sync(dirname(target))
    } catch (error) {
      await rm(temporary, { force: true })
      if (isFull(error)) {
        throw new StoreError('The disk of the server is full. Ask its administrator.', {
          cause: error,
        })
      }
      throw error
    }
  }

  async read(key: string, range?: ByteRange): Promise<Readable> {
    // The file is opened first, so that a missing one is known before the response begins.
    const handle = await open(this.#path(key), 'r').catch((cause: unknown) => {
      throw new StoreError('The file is not where it was stored.', { cause })
    })
    return handle.createReadStream(range)
  }

  async remove(key: string): Promise<void> {
    await rm(this.#path(key), { force: true })
    await rm(`${this.#path(key)}.part`, { force: true })
  }

  #path(key: string): string {
    return join(this.#folder, key)
  }
}

/** Flushes a file, or the names in a folder, to the disk. */
async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

export function isFull(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'ENOSPC' || error.code === 'EDQUOT')
  )
}
