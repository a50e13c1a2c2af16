import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { compileSentences } from './scripts/language/compile.ts'

const server = `http://127.0.0.1:${process.env.SERVER_PORT ?? 8001}`

/** A browser's cache that was written by another version of these files may be unreadable for this one. */
const stateSources = ['shared/contract/*.ts', 'shared/session/*.ts']

function stateStamp(): string {
  const hash = createHash('sha256')
  const root = fileURLToPath(new URL('.', import.meta.url))
  for (const file of globSync(stateSources, { cwd: root }).toSorted()) {
    if (!file.endsWith('.test.ts')) hash.update(readFileSync(new URL(file, import.meta.url)))
  }
  return hash.digest('hex').slice(0, 16)
}

/** The folder of what few answers need: a browser does not keep it before (scripts/build/web-app.ts). */
const ON_DEMAND = 'assets/on-demand'

/** The programs that draw diagrams and formulas are some 150 files. */
const ofDiagrams =
  /node_modules\/(?:@mermaid-js|mermaid|katex|cytoscape|cose-base|layout-base|d3|dagre|elkjs|langium|chevrotain|@chevrotain|vscode|khroma|roughjs|dayjs|dompurify|stylis|lodash|ts-dedent|uuid|@braintree|@iconify|@upsetjs|robust-predicates|internmap|delaunator|points-on|path-data|hachure|es-toolkit)/

/** Everything but the service worker, which is a file by itself. */
const ofPages = (id: string): boolean => !id.includes('/web/worker/')

export default defineConfig({
  root: fileURLToPath(new URL('web', import.meta.url)),
  plugins: [compileSentences(), react(), tailwindcss()],
  define: { 'import.meta.env.VITE_STATE_STAMP': JSON.stringify(stateStamp()) },
  // Scripts and styles find each other wherever they are: the server says where the page is (BASE_PATH).
  experimental: {
    renderBuiltUrl: (name, { hostType }) => (hostType === 'html' ? `/${name}` : { relative: true }),
  },
  // Workers load grammars when they are first needed.
  worker: {
    format: 'es',
    rolldownOptions: { output: { chunkFileNames: `${ON_DEMAND}/[name]-[hash].js` } },
  },
  // Diagrams name another version of the program that draws formulas.
  resolve: { dedupe: ['katex'] },
  build: {
    outDir: fileURLToPath(new URL('dist/web', import.meta.url)),
    emptyOutDir: true,
    // Everything is a file of its own address: the content security policy allows no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      // Of the client's exports the app has no use for the one that parses what is not all there; its parser does not say
      // itself that it may be left out.
      treeshake: {
        moduleSideEffects: [{ test: /node_modules\/partial-json/, sideEffects: false }],
      },
      input: {
        main: fileURLToPath(new URL('web/index.html', import.meta.url)),
        'service-worker': fileURLToPath(new URL('web/worker/service-worker.ts', import.meta.url)),
      },
      output: {
        // The scripts of the first load are one file. Divided into thirty, as by default, they are 10 kB larger.
        codeSplitting: { groups: [{ name: 'first', tags: ['$initial'], test: ofPages }] },
        // A worker's address tells what it may serve, and stays the same.
        entryFileNames: ({ name }) =>
          name === 'service-worker' ? '[name].js' : 'assets/[name]-[hash].js',
        chunkFileNames: ({ moduleIds }) =>
          moduleIds.length > 0 && moduleIds.every((id) => ofDiagrams.test(id))
            ? `${ON_DEMAND}/[name]-[hash].js`
            : 'assets/[name]-[hash].js',
      },
    },
    // The budget is of compressed kilobytes, and a test holds it.
    chunkSizeWarningLimit: 2_000,
  },
  server: {
    // Vite's short form would change the Host, and the server would take the page for a foreign one.
    proxy: {
      '/trpc': { target: server, ws: true },
      '/ws': { target: server, ws: true },
      '/api': { target: server },
      '/health': { target: server },
      '/preview': { target: server },
    },
  },
})
