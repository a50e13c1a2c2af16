import { chmod, mkdir, readdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { exists } from './embedded-template.ts'

/** The names that a server creates in its folder. */
const OURS = /^(lock|postgres|postgres\.making)$/

/**
 * Creates the folder of a database with access for its owner only, whatever the umask is. The permissions of an
 * existing folder are tightened too, unless it contains other files; the cluster inside has permissions of its own.
 */
export async function makePrivateFolder(folder: string): Promise<void> {
  await makeFolder(folder)
  if ((await readdir(folder)).every((name) => OURS.test(name))) {
    await chmod(folder, 0o700)
  }
}

/**
 * Creates the folder and its missing parents. Not with `mkdir`'s `recursive`: where nothing can be created, such as
 * below /proc, Node retries for ever.
 */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'EEXIST' && (await stat(folder)).isDirectory()) return
    const above = dirname(folder)
    if (code !== 'ENOENT' || (await exists(above))) throw error
    await makeFolder(above)
    await makeFolder(folder)
  }
}
