import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import { DiskStore } from './disk-store.ts'
import { Files } from './files.ts'
import type { FilesOptions } from './files.ts'
import type { LogWriter } from '../log/writing/writer.ts'
import { FileReadings } from './reading/readings.ts'
import { SettledFiles } from './reading/settled.ts'
import { S3Store } from './s3-store.ts'
import { FileSweeper } from './sweep.ts'

type OpenOptions = Pick<FilesOptions, 'database' | 'limits' | 'now' | 'newId'> & {
  config: Pick<Config, 'dataDir' | 'files' | 'runs'>
  log: LogWriter
  /** Notifies other nodes that a file was read. */
  tellOthers(): void
  onError(error: unknown, what: string): void
}

/**
 * Opens the store of the settings. Until it is closed, stored files are read in the background, and unused ones
 * removed.
 */
export async function openFiles({ config, log, tellOthers, onError, ...options }: OpenOptions) {
  const { s3, maxBytes, perMessage } = config.files
  const inMemory = config.dataDir === 'memory:'
  const folder = inMemory
    ? await mkdtemp(join(tmpdir(), 'throughline-files-'))
    : join(config.dataDir, 'files')
  const wanted = join(folder, 'uploads')
  // A server on Postgres starts without a writable folder too, as it did before there were files.
  const uploads = await mkdir(wanted, { recursive: true, mode: 0o700 }).then(
    () => wanted,
    (error: unknown) => {
      onError(error, 'DATA_DIR cannot be written, so that no files can be stored there')
      return mkdtemp(join(tmpdir(), 'throughline-uploads-'))
    },
  )
  const store = s3 ? new S3Store(s3) : new DiskStore(join(folder, 'contents'))
  const { now, database } = options
  const settled = new SettledFiles(database.db)
  const files = new Files({
    ...{ ...options, store, uploads, maxBytes, perMessage, settled },
    onUnread: () => readings.wake(),
  })
  const readings = new FileReadings({
    ...{ database, store, log, now, onError },
    leaseMs: config.runs.leaseMs,
    temporaryPath: () => files.temporaryPath(),
    onRead: () => {
      settled.told()
      tellOthers()
    },
  })
  const sweeper = new FileSweeper({ db: database.db, store, uploads, now, onError })
  return {
    files,
    sweep: () => sweeper.sweep(),
    /** Begins to read stored files, when the process may write to logs. */
    startReading: () => readings.start(),
    /** Another node has read a file. */
    toldOfRead: () => settled.told(),
    async [Symbol.asyncDispose]() {
      await readings.close()
      await sweeper.close()
      if (inMemory) await rm(folder, { recursive: true, force: true })
    },
  }
}
