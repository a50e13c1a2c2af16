import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Manifest, wholeManifest } from './published-manifest.ts'

// `npm pack` takes the manifest as it lies there. This project's own names all that the server, the web app and their
// making need; the package must ask of others only what it imports. So the published one is put in its place while
// npm packs (`prepack`), and the project's own back afterwards (`postpack`).

const root = fileURLToPath(new URL('..', import.meta.url))
const path = join(root, 'package.json')
/** The project's own manifest for as long as the published one lies in its place. */
const saved = join(root, 'dist/package.json.saved')

function restore(): void {
  if (existsSync(saved)) renameSync(saved, path)
}

function publish(): void {
  // A packing that was cut short left the project's own aside.
  restore()
  const own = readFileSync(path, 'utf8')
  const published = wholeManifest(JSON.parse(own) as Manifest, root)
  writeFileSync(saved, own)
  writeFileSync(path, `${JSON.stringify(published, null, 2)}\n`)
}

if (process.argv.includes('--restore')) restore()
else publish()
