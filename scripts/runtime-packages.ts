// Reduces node_modules to what the built server runs with, in an image for instance: `npm ci --omit=dev`, `npm run build`,
// and then this. Neither the bundler and what the web app is built from stays, nor the project's own Node, since an image
// brings one. Afterwards this folder can be run, but not be built or tested any more.
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

/** Imported by web/, shared/react and vite.config.ts alone; a test compares. */
export const BUILD_PACKAGES = [
  '@tailwindcss/vite',
  '@tanstack/react-query',
  '@tanstack/react-router',
  '@trpc/client',
  '@trpc/react-query',
  '@vitejs/plugin-react',
  'lucide-react',
  'marked',
  'radix-ui',
  'react',
  'react-dom',
  'tailwindcss',
  'tus-js-client',
  'uplot',
  'virtua',
  'vite',
]

const Manifest = z.looseObject({ dependencies: z.record(z.string(), z.string()) })

if (import.meta.main) {
  const path = fileURLToPath(new URL('../package.json', import.meta.url))
  const { optionalDependencies, devDependencies, ...manifest } = Manifest.parse(
    JSON.parse(readFileSync(path, 'utf8')),
  )
  const kept = Object.entries(manifest.dependencies).filter(
    ([name]) => !BUILD_PACKAGES.includes(name),
  )
  const reduced = { ...manifest, dependencies: Object.fromEntries(kept) }
  writeFileSync(path, `${JSON.stringify(reduced, null, 2)}\n`)
  const prune = [
    'prune',
    '--omit=dev',
    '--omit=peer',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
  ]
  process.exitCode = spawnSync('npm', prune, { stdio: 'inherit' }).status ?? 1
  removeNotes(fileURLToPath(new URL('../node_modules', import.meta.url)))
}

/** Types, sources that Node does not run from here, source maps and readmes: a third of it all. Licences stay. */
function removeNotes(folder: string): void {
  for (const path of globSync('**/*.{ts,mts,cts,map,md}', { cwd: folder })) {
    if (!/licen[cs]e|notice/i.test(path)) rmSync(join(folder, path), { force: true })
  }
}
