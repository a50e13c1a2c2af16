import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { isWebAppFresh } from './build-web.ts'

if (!isWebAppFresh()) {
  const start = fileURLToPath(new URL('start.js', import.meta.url))
  const { status } = spawnSync(process.execPath, [start, 'prepare'], { stdio: ['ignore', 2, 2] })
  if (status !== 0) process.exit(status ?? 1)
}
// The server is imported instead of spawned, so that it receives signals and sets the exit status of this process.
await import('../server/main.ts')
