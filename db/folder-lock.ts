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
  const file = new DatabaseSync(join(dataDir, 'lock'))
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

const SQLITE_BUSY = 5
