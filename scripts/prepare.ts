import { buildWebApp } from './build-web.ts'

// What a first start has to do once, in a process whose memory is not the server's for as long as that lives: the web
// app is built, and the server's code is compiled into the cache that the start after it reads.
await buildWebApp()
await import('../server/app.ts')
