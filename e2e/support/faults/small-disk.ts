import { execFile } from 'node:child_process'
import { chmod, mkdtemp, open, rm, rmdir, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A file system of its own that can be filled up. */
export type SmallDisk = AsyncDisposable & {
  path: string
  /** Leaves no room at all. */
  fill(): Promise<void>
  /** Gives the room back. */
  empty(): Promise<void>
}

const run = promisify(execFile)

/**
 * Mounts a file system in memory, which only root can do, and not in every container.
 * @returns null where it cannot be done
 */
export async function mountSmallDisk(megabytes: number): Promise<SmallDisk | null> {
  const path = await mkdtemp(join(tmpdir(), 'small-disk-'))
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path])
  } catch {
    await rmdir(path)
    return null
  }
  // Servers work in it as other users than root.
  await chmod(path, 0o1777)
  const ballast = join(path, 'ballast')
  return {
    path,
    async fill() {
      const handle = await open(ballast, 'a')
      try {
        const { bavail, bsize } = await statfs(path)
        await handle.appendFile(Buffer.alloc(Math.max(0, bavail * bsize)))
        // Fills space that was freed in the meantime.
        for (;;) await handle.appendFile(Buffer.alloc(4_096))
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
      } finally {
        await handle.close()
      }
    },
    empty: () => rm(ballast, { force: true }),
    async [Symbol.asyncDispose]() {
      await run('umount', ['--lazy', path])
      await rmdir(path)
    },
  }
}
