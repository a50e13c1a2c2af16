import { bundled, serverBundle } from './build/server.ts'
import { webApp } from './build/web-app.ts'

// Prepares the first start in a separate process, whose memory is returned to the system when it ends: builds the web
// app and the server, and compiles the server's code into the cache that the start then reads. It ends with the process
// that started it, even when that was killed: then nobody waits for the build.
const end = (): never => process.exit(1)
process.once('disconnect', end)
await webApp.build()
await serverBundle.build()
await import(bundled('app'))
process.off('disconnect', end)
