// Reduces node_modules to what the built server runs with, in an image for instance: `npm ci --omit=dev`, `npm run build`,
// and then this. The bundler, the packages that only the web app is built from, and the project's own Node are
// removed, since an image brings one. Afterwards this folder can be run, but not be built or tested any more.
import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

/** Imported by web/, shared/react, scripts/{build,language} and vite.config.ts alone; a test compares. */
export const BUILD_PACKAGES = [
  '@lingui/core',
  '@lingui/message-utils',
  '@tailwindcss/vite',
  '@tanstack/react-query',
  '@tanstack/react-router',
  '@trpc/client',
  '@trpc/react-query',
  '@vitejs/plugin-react',
  'idb',
  'katex',
  'lucide-react',
  'marked',
  'mermaid',
  'partial-json',
  'radix-ui',
  'react',
  'react-dom',
  'rolldown',
  'shiki',
  'tailwindcss',
  'tus-js-client',
  'uplot',
  'virtua',
  'vite',
]

/** Single files of these packages are served. They contain all that they need, so their dependencies are removed. */
const SERVED_FILES = { redoc: ['package.json', 'LICENSE', 'bundles/redoc.standalone.js'] }
/** Further builds of files that exist as ES modules, by package. */
const OTHER_FORMS = ['gpt-tokenizer/cjs', 'gpt-tokenizer/data', 'gpt-tokenizer/dist']

const Manifest = z.looseObject({ dependencies: z.record(z.string(), z.string()) })

if (import.meta.main) {
  const path = fileURLToPath(new URL('../package.json', import.meta.url))
  const { optionalDependencies, devDependencies, ...manifest } = Manifest.parse(
    JSON.parse(readFileSync(path, 'utf8')),
  )
  const kept = Object.entries(manifest.dependencies).filter(
    ([name]) => !BUILD_PACKAGES.includes(name) && !(name in SERVED_FILES),
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
  const packages = fileURLToPath(new URL('../node_modules', import.meta.url))
  const putBack = takeServedFiles(packages)
  process.exitCode = spawnSync('npm', prune, { stdio: 'inherit' }).status ?? 1
  putBack()
  for (const one of OTHER_FORMS) rmSync(join(packages, one), { recursive: true, force: true })
  removeNotes(packages)
}

/** @returns a function that puts them back after their packages were removed */
function takeServedFiles(folder: string): () => void {
  const files = Object.entries(SERVED_FILES)
    .flatMap(([name, paths]) => paths.map((path) => join(folder, name, path)))
    .map((path) => ({ path, content: readFileSync(path) }))
  return () => {
    for (const { path, content } of files) {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, content)
    }
  }
}

/** Types, sources that Node does not run from here, source maps and readmes: a third of it all. Licences stay. */
function removeNotes(folder: string): void {
  for (const path of globSync('**/*.{ts,mts,cts,map,md}', { cwd: folder })) {
    if (!/licen[cs]e|notice/i.test(path)) rmSync(join(folder, path), { force: true })
  }
}
