import process from 'node:process'
import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const server = `http://127.0.0.1:${process.env.SERVER_PORT ?? 8001}`

export default defineConfig({
  root: fileURLToPath(new URL('web', import.meta.url)),
  plugins: [react(), tailwindcss()],
  // Scripts and styles find each other wherever they are: the server says where the page is (BASE_PATH).
  experimental: {
    renderBuiltUrl: (name, { hostType }) => (hostType === 'html' ? `/${name}` : { relative: true }),
  },
  build: {
    outDir: fileURLToPath(new URL('dist/web', import.meta.url)),
    emptyOutDir: true,
    // Everything is a file of its own address: the content security policy allows no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The budget is of compressed kilobytes, and a test holds it.
    chunkSizeWarningLimit: 600,
  },
  server: {
    // Vite's short form would change the Host, and the server would take the page for a foreign one.
    proxy: {
      '/trpc': { target: server, ws: true },
      '/ws': { target: server, ws: true },
      '/api': { target: server },
      '/health': { target: server },
    },
  },
})
