import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Starts the server, with a restart at each change of its files, and Vite, which reloads the web app. When one of them
// ends, or this process is asked to end, both end.
const root = fileURLToPath(new URL('..', import.meta.url))
const vite = join(root, 'node_modules/vite/bin/vite.js')

const commands = [
  ['--watch', '--watch-preserve-output', 'server/main.ts'],
  // Vite needs the port in `.env`; the server reads that file itself at each start.
  ['--env-file-if-exists=.env', vite],
]
const children = commands.map((args) =>
  spawn(process.execPath, args, { cwd: root, stdio: 'inherit' }),
)

for (const child of children) {
  child.once('exit', (status) => {
    process.exitCode ||= status ?? 0
    for (const other of children) other.kill()
  })
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    for (const child of children) child.kill(signal)
  })
}
