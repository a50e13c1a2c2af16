import type { Connection } from '../connection/connection.ts'
import type { Login } from '../connection/login.ts'

/**
 * Starts an outbox when there is a connection of somebody who is signed in. Each connection starts it anew, because it
 * may be another person's.
 *
 * @returns a function that ends it
 */
export function driveOutbox(
  outbox: { online(): Promise<void>; offline(): void },
  connection: Connection,
  login: Login,
): () => void {
  let isOnline = false
  function look(): void {
    const now =
      connection.getSnapshot().status === 'connected' && login.getSnapshot() !== 'signed-out'
    if (now === isOnline) return
    isOnline = now
    if (now) void outbox.online()
    else outbox.offline()
  }
  const leaves = [connection.subscribe(look), login.subscribe(look)]
  look()
  return () => {
    for (const leave of leaves) leave()
  }
}
