import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** The folder of an embedded database is open in another process. Two of them would lose each other's rows. */
export class FolderInUseError extends Error {
  readonly dataDir: string

  constructor(dataDir: string) {
    super(`another process has the database in ${dataDir} open`)
    this.name = 'FolderInUseError'
    this.dataDir = dataDir
  }
}

/**
 * Holds the folder for this process until the returned function is called or the process ends, however it ends: the
 * lock is SQLite's on a file of the folder, which the operating system takes back even after a SIGKILL.
 *
 * @throws {FolderInUseError} when another process holds it
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
 * SQLite would let everybody read it. One that is there is not opened: closing it again would give up the locks that
 * this process holds on it.
 */
function makePrivateFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}

const SQLITE_BUSY = 5
