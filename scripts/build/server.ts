import { globSync, readdirSync, rmSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { StampedBuild, root } from './stamped-build.ts'

const output = join(root, 'dist/server')

/** The address of a file in it. It is imported by a computed name, since it is not there before the build. */
export const bundled = (name: 'app' | 'main'): string =>
  pathToFileURL(join(output, `${name}.js`)).href

/** The server, and what it starts as a thread or a process of its own; these look for each other in one folder. */
const ENTRIES = [
  'server/{app,main}.ts',
  '{db,server}/**/*-worker.ts',
  'db/engine/embedded/embedded-maker.ts',
]
/** The files of one build are written within this time. */
const ONE_BUILD_MS = 60_000
/** Packages that load code or files by their place, and an optional one of `pg` that is not installed. */
const EXTERNAL = [/^@electric-sql\//, 'pg-native', 'pino', 'pino-pretty', 'sharp']

/**
 * The server in dist/server, with its packages in a few files. Node reads, compiles and keeps some 2,000 modules
 * otherwise, which nearly doubles the CPU of a start (docs/decisions/0054-bundled-server.md).
 */
export const serverBundle = new StampedBuild({
  name: 'the server',
  output: 'dist/server',
  sources: [
    '{db,server,shared}/**/*.ts',
    'package.json',
    'package-lock.json',
    'scripts/build/{stamped-build,server}.ts',
  ],
  make: async () => {
    const last = writtenAt(join(output, 'main.js'))
    const input = Object.fromEntries(
      globSync(ENTRIES, { cwd: root }).map((file) => [basename(file, '.ts'), join(root, file)]),
    )
    // Loaded only for a build, because each start looks whether one is needed.
    const { rolldown } = await import('rolldown')
    const bundle = await rolldown({ input, platform: 'node', external: EXTERNAL })
    // Readable names and places in stack traces; `--enable-source-maps` shows those of the sources.
    const { output: files } = await bundle.write({
      dir: output,
      entryFileNames: '[name].js',
      chunkFileNames: '[name]-[hash].js',
      sourcemap: true,
    })
    await bundle.close()
    removeOlder(output, last, new Set(files.map(({ fileName }) => fileName)))
  },
})

/**
 * Removes the files of builds before the last one. A server that runs may load files of the last one later.
 *
 * @param last when the last build was, in milliseconds since 1970
 * @param written the files of this build
 */
export function removeOlder(folder: string, last: number, written: ReadonlySet<string>): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (!written.has(name) && writtenAt(path) < last - ONE_BUILD_MS) rmSync(path)
  }
}

/** In milliseconds since 1970; 0 when the file is not there. */
function writtenAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
