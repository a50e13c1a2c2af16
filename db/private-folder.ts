import { chmod, mkdir, readdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { exists } from './embedded-template.ts'

/** What a server puts into its folder. */
const OURS = /^(lock|postgres|postgres\.making)$/

/**
 * Makes the folder of a database, which is nobody's but its owner's, whatever the umask. One that was there is made so
 * as well, unless it holds other things too: the cluster in it is closed to others by itself.
 */
export async function makePrivateFolder(folder: string): Promise<void> {
  await makeFolder(folder)
  if ((await readdir(folder)).every((name) => OURS.test(name))) {
    await chmod(folder, 0o700)
  }
}

/**
 * Makes the folder, and those above it that are missing. Not by `mkdir` with `recursive`: where nothing can be made at
 * all, such as below /proc, that one of Node tries again for ever.
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
