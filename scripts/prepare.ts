import { buildWebApp } from './build-web.ts'

// Prepares the first start in a separate process, whose memory is returned to the system when it ends: builds the web
// app, and compiles the server's code into the cache that the start then reads. It ends with the process that started
// it, even when that was killed: then nobody waits for the build.
const end = (): never => process.exit(1)
process.once('disconnect', end)
await buildWebApp()
await import('../server/app.ts')
process.off('disconnect', end)
