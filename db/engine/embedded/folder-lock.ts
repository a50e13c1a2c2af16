import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Another process has the folder of the embedded database open. Two processes would corrupt the database. */
export class FolderInUseError extends Error {
  readonly dataDir: string

  constructor(dataDir: string) {
    super(`another process has the database in ${dataDir} open`)
    this.name = 'FolderInUseError'
    this.dataDir = dataDir
  }
}

/**
 * Locks the folder for this process until the returned function is called or the process ends. The lock is SQLite's
 * lock on a file in the folder; the operating system releases it even after a SIGKILL.
 * @throws {FolderInUseError} when another process holds the lock
 */
export function lockFolder(dataDir: string): () => void {
  const path = join(dataDir, 'lock')
  makePrivateFile(path)
  const file = new DatabaseSync(path)
  try {
    file.exec('begin exclusive')
  } catch (error) {
    file.close()
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) {
      throw new FolderInUseError(dataDir)
    }
    throw error
  }
  return () => file.close()
}

/**
 * SQLite would create the file readable for everybody. An existing file is not opened here, because closing it would
 * release the locks that this process holds on it.
 */
function makePrivateFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}

const SQLITE_BUSY = 5
