import { fileURLToPath } from 'node:url'
import { START_FLAGS, startServer as start } from '../../scripts/testing/server-process.ts'
import type { ServerProcess } from '../../scripts/testing/server-process.ts'

const START = fileURLToPath(new URL('../../scripts/start.js', import.meta.url))

/** Starts a server in its own process, as a user would: with only the given settings, and on a free port. */
export function startServer(settings: Record<string, string>): Promise<ServerProcess> {
  return start(settings, START, START_FLAGS)
}
