import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { wholeManifest } from './published-manifest.ts'
import type { Manifest } from './published-manifest.ts'

// Replaces the manifest while npm packs. `npm pack` uses package.json as it is, and this project's own lists everything
// that the server, the web app and their build need; the package must depend only on what it imports. `prepack` puts
// the published manifest in place, and `postpack` restores the project's own.

const root = fileURLToPath(new URL('../..', import.meta.url))
const path = join(root, 'package.json')
/** The project's own manifest while the published one is in its place. */
const saved = join(root, 'dist/package.json.saved')

function restore(): void {
  if (existsSync(saved)) renameSync(saved, path)
}

function publish(): void {
  // An interrupted packing left the project's own manifest in the backup.
  restore()
  const own = readFileSync(path, 'utf8')
  const published = wholeManifest(JSON.parse(own) as Manifest, root)
  writeFileSync(saved, own)
  writeFileSync(path, `${JSON.stringify(published, null, 2)}\n`)
}

if (process.argv.includes('--restore')) restore()
else publish()
