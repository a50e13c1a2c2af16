// Lists the licences of the packages that run in production, and fails on one that is not allowed: `npm run licenses`.
// Packages for development and tests are not passed on, and so not checked.
import { existsSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

/**
 * SPDX ids. Licences with conditions: MPL-2.0 and EPL-2.0 apply to their own files, LGPL to libvips, which sharp loads
 * as a library.
 */
const ALLOWED = new Set([
  ...['MIT', 'MIT-0', 'ISC', '0BSD', 'BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0'],
  ...['BlueOak-1.0.0', 'Python-2.0', 'Unlicense', 'CC0-1.0', 'Zlib'],
  ...['MPL-2.0', 'EPL-2.0', 'LGPL-3.0-or-later'],
])

/** Licences that are not in the manifest of the package but in its readme or sources. */
const SAID_ELSEWHERE: Record<string, string> = {
  'combine-errors': 'MIT',
  decko: 'MIT',
  khroma: 'MIT',
  stickyfill: 'MIT',
}

const Lock = z.object({
  packages: z.record(
    z.string(),
    z.looseObject({ license: z.string().optional(), dev: z.boolean().optional() }),
  ),
})

export type Found = { name: string; license: string }

/** @returns each package that is not for development only, once for each licence */
export function findLicenses(lockText: string): Found[] {
  const found = new Map<string, Found>()
  for (const [path, { license, dev }] of Object.entries(
    Lock.parse(JSON.parse(lockText)).packages,
  )) {
    if (path === '' || dev === true) continue
    const name = path.split('node_modules/').at(-1) ?? path
    const said = license ?? SAID_ELSEWHERE[name] ?? 'none'
    found.set(`${name} ${said}`, { name, license: said })
  }
  return [...found.values()]
}

/** True when a package may be used under an SPDX expression: of OR one side is enough, AND needs both. */
export function isAllowed(license: string): boolean {
  return license
    .split(/\s+OR\s+/)
    .some((choice) =>
      choice.split(/\s+AND\s+/).every((one) => ALLOWED.has(one.replaceAll(/[()]/g, ''))),
    )
}

if (import.meta.main) {
  const path = fileURLToPath(new URL('../../package-lock.json', import.meta.url))
  if (!existsSync(path)) throw new Error('there is no package-lock.json')
  const found = findLicenses(readFileSync(path, 'utf8'))
  const byLicense = Map.groupBy(found, ({ license }) => license)
  for (const [license, packages] of [...byLicense].toSorted((a, b) => b[1].length - a[1].length)) {
    console.log(`${String(packages.length).padStart(4)}  ${license}`)
  }
  const refused = found.filter(({ license }) => !isAllowed(license))
  for (const { name, license } of refused) console.error(`Not allowed: ${name} (${license})`)
  process.exitCode = refused.length > 0 ? 1 : 0
}
