import { buildWebApp } from './build-web.ts'

// Prepares the first start in a separate process, whose memory is returned to the system when it ends: builds the web
// app, and compiles the server's code into the cache that the start then reads.
await buildWebApp()
await import('../server/app.ts')
