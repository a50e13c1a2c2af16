import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

// The server, started again at each change of its files, and Vite before it, which reloads the web app by itself.
// When one of the two ends, or we are told to, both do.
const root = fileURLToPath(new URL('..', import.meta.url))
const vite = join(root, 'node_modules/vite/bin/vite.js')

const commands = [
  ['--watch', '--watch-preserve-output', 'server/main.ts'],
  // Vite has to know the port that the server reads from there by itself, anew at each of its starts.
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
