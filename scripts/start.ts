import { buildWebApp } from './build-web.ts'

// The server is imported, not spawned: signals reach it, and its exit status is ours.
await buildWebApp()
await import('../server/main.ts')
