import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { bundled, serverBundle } from './build/server.ts'
import { webApp } from './build/web-app.ts'

const isFresh = webApp.isFresh() && serverBundle.isFresh()
const isUsable = isFresh || (await areSettingsUsable())
if (!isFresh && isUsable) {
  const start = fileURLToPath(new URL('start.js', import.meta.url))
  // Through the channel, on which nothing is sent, it notices that this process was killed.
  const child = spawn(process.execPath, [start, 'prepare'], { stdio: ['ignore', 2, 2, 'ipc'] })
  const [status] = (await once(child, 'exit')) as [number | null]
  if (status !== 0) process.exit(status ?? 1)
}
// The server is imported instead of spawned, so that it receives signals and sets the exit status of this process. What
// is wrong with the settings is told by the sources: the bundle may be missing, or know other settings.
await import(isUsable ? bundled('main') : '../server/main.ts')

/** A wrong setting is reported at once, and not after a build that takes a minute. */
async function areSettingsUsable(): Promise<boolean> {
  const { readOwnConfig } = await import('./own-config.ts')
  return readOwnConfig().then(
    () => true,
    () => false,
  )
}
