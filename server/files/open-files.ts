import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import { DiskStore } from './disk-store.ts'
import { Files } from './files.ts'
import type { FilesOptions } from './files.ts'
import { S3Store } from './s3-store.ts'
import { FileSweeper } from './sweep.ts'

type OpenOptions = Omit<FilesOptions, 'store' | 'uploads' | 'maxBytes' | 'perMessage'> & {
  config: Pick<Config, 'dataDir' | 'files'>
  onError(error: unknown, what: string): void
}

/** Opens the store that the settings name, and removes from it what nobody has any more until it is closed. */
export async function openFiles({ config, onError, ...options }: OpenOptions) {
  const { s3, maxBytes, perMessage } = config.files
  const inMemory = config.dataDir === 'memory:'
  const folder = inMemory
    ? await mkdtemp(join(tmpdir(), 'throughline-files-'))
    : join(config.dataDir, 'files')
  const wanted = join(folder, 'uploads')
  // A server on Postgres starts without a folder that it may write, as it did before there were files.
  const uploads = await mkdir(wanted, { recursive: true, mode: 0o700 }).then(
    () => wanted,
    (error: unknown) => {
      onError(error, 'DATA_DIR cannot be written, so that no files can be stored there')
      return mkdtemp(join(tmpdir(), 'throughline-uploads-'))
    },
  )
  const store = s3 ? new S3Store(s3) : new DiskStore(join(folder, 'contents'))
  const files = new Files({ ...options, store, uploads, maxBytes, perMessage })
  const { now, database } = options
  const sweeper = new FileSweeper({ db: database.db, store, uploads, now, onError })
  return {
    files,
    sweep: () => sweeper.sweep(),
    async [Symbol.asyncDispose]() {
      await sweeper.close()
      if (inMemory) await rm(folder, { recursive: true, force: true })
    },
  }
}
