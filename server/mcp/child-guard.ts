import { type ChildProcess, spawn } from 'node:child_process'
import { platform } from 'node:os'

/**
 * Waits for the end of its input, which also comes when this process is killed, and then ends the process group `$0`:
 * politely, and two seconds later for good.
 */
const SCRIPT =
  'read -r _; kill -s TERM -- "-$0" 2>/dev/null || exit 0; sleep 2; kill -s KILL -- "-$0" 2>/dev/null'

/**
 * Sees to it that a child and everything that it started end with this process, however that ends.
 *
 * @param child the leader of a process group of its own (`detached`)
 * @returns what ends them now
 */
export function guardChild(child: ChildProcess): () => void {
  // Windows has no process groups: there a child is told by the end of its input, and killed by itself.
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
