import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from '@playwright/test'

/** Browsers without windows come first: a page takes half as much time of the processor there (measured). */
const commands = [
  'chromium-headless-shell',
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
]
const macApplications = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

export type Browser = { path: string; version: string }

/**
 * Finds a Chromium on this machine: the one in CHROMIUM_PATH, else a known command, else Playwright's own.
 *
 * @throws when CHROMIUM_PATH names a program that does not run
 */
export function findChromium(env: NodeJS.ProcessEnv = process.env): Browser | null {
  if (env.CHROMIUM_PATH) {
    const named = running(env.CHROMIUM_PATH)
    if (!named) throw new Error(`CHROMIUM_PATH: ${env.CHROMIUM_PATH} is no browser that runs here`)
    return named
  }
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  const known = commands.flatMap((command) => folders.map((folder) => join(folder, command)))
  for (const path of [...known, ...macApplications, chromium.executablePath()]) {
    const browser = running(path)
    if (browser) return browser
  }
  return null
}

/** Finds a Chromium or installs one: as root Debian's package, otherwise Playwright's download. */
export function findOrInstallChromium(): Browser {
  const found = findChromium()
  if (found) return found
  const asRoot = process.getuid?.() === 0
  console.error('Installing Chromium …')
  if (asRoot && existsSync('/etc/debian_version')) {
    const install = ['install', '-y', '--no-install-recommends']
    run('apt-get', ['update'])
    // Older releases of Debian have only the whole browser.
    for (const name of ['chromium-headless-shell', 'chromium']) {
      const installed = run('apt-get', [...install, name]) ? findChromium() : null
      if (installed) return installed
    }
  }
  run('npx', ['playwright', 'install', ...(asRoot ? ['--with-deps'] : []), 'chromium'])
  const installed = findChromium()
  if (installed) return installed
  throw new Error(
    'No Chromium here, and none could be installed: install one, or set CHROMIUM_PATH',
  )
}

/** On some systems the command exists without the browser, so it is run to get its version. */
function running(path: string): Browser | null {
  if (!existsSync(path)) return null
  const { status, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 60_000 })
  return status === 0 ? { path, version: stdout.trim() } : null
}

/** The output of installers goes to stderr, because stdout is for the path. */
function run(command: string, args: string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  return spawnSync(command, args, { stdio: ['ignore', 2, 2], env }).status === 0
}

if (import.meta.main) console.log(findOrInstallChromium().path)
