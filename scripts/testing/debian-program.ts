import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

export type Found = { path: string } | { missing: string }

/** Folders of system programs, which are not in everybody's PATH. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/sbin']

/**
 * Finds a program on this machine; as root on Debian it installs its package if needed.
 *
 * @param debianPackage its package, if that has another name
 * @returns its path, or a sentence with the reason why there is none
 */
export function findOrInstall(name: string, debianPackage = name): Found {
  const found = findProgram(name)
  if (found) return { path: found }
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) {
    return { missing: `${name} is not installed here, and only root on Debian can install it` }
  }
  const install = ['install', '-y', '--no-install-recommends', debianPackage]
  if (!run('apt-get', install) && run('apt-get', ['update'])) run('apt-get', install)
  const installed = findProgram(name)
  if (installed) return { path: installed }
  return {
    missing: `${name} is not installed here, and apt-get could not install ${debianPackage}`,
  }
}

/** The path of a program on this machine. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...SYSTEM_FOLDERS]
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
}

/** RUNLEVEL keeps Debian from starting the installed program as a service. */
function run(command: string, args: string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  return spawnSync(command, args, { env, stdio: ['ignore', 2, 2], timeout: 120_000 }).status === 0
}
