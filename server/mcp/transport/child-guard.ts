import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { platform } from 'node:os'

/**
 * Waits for the end of its standard input, which also ends when this process is killed, and then ends the process group
 * `$0`: first with SIGTERM, and two seconds later with SIGKILL.
 */
const SCRIPT =
  'read -r _; kill -s TERM -- "-$0" 2>/dev/null || exit 0; sleep 2; kill -s KILL -- "-$0" 2>/dev/null'

/**
 * Ensures that a child and its descendants end together with this process, however it ends.
 * @param child the leader of its own process group (`detached`)
 * @returns a function that ends them now
 */
export function guardChild(child: ChildProcess): () => void {
  // Windows has no process groups. There, the end of the input asks a child to end, and only the child itself is
  // killed.
  if (child.pid === undefined || platform() === 'win32') {
    return () => void child.kill('SIGKILL')
  }
  const guard = spawn('/bin/sh', ['-c', SCRIPT, String(child.pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: '/usr/bin:/bin' },
  })
  guard.once('error', () => void child.kill('SIGKILL'))
  guard.stdin.on('error', () => undefined)
  guard.unref()
  return () => void guard.stdin.end()
}
