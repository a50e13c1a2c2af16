import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import manifest from '../package.json' with { type: 'json' }

const root = fileURLToPath(new URL('..', import.meta.url))
const output = join(root, 'dist/package')

/** Compiles what others use of this tree into dist/package: JavaScript for bundlers and Node, and its types. */
function buildPackage(): void {
  rmSync(output, { recursive: true, force: true })
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [tsc, '--project', join(root, 'tsconfig.package.json')], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  })
  // The compiler copies the whole manifest; of it only the version is asked for, and the type has to be said again.
  const { name, version, type } = manifest
  writeFileSync(join(output, 'package.json'), JSON.stringify({ name, version, type }, null, 2))
}

buildPackage()
