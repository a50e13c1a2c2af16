import { fileURLToPath } from 'node:url'
import { startServer as start } from '../../scripts/testing/server-process.ts'
import type { ServerProcess } from '../../scripts/testing/server-process.ts'

const START = fileURLToPath(new URL('../../scripts/start.js', import.meta.url))
/** The same flags as `npm start`. */
const FLAGS = ['--max-semi-space-size=8']

/** Starts a server in its own process, as a user would: with only the given settings, and on a free port. */
export function startServer(settings: Record<string, string>): Promise<ServerProcess> {
  return start(settings, START, FLAGS)
}
