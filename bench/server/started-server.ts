import { fileURLToPath } from 'node:url'
import { type ServerProcess, startServer as start } from '../../scripts/testing/server-process.ts'

const START = fileURLToPath(new URL('../../scripts/start.js', import.meta.url))
/** As `npm start` has it. */
const NODE_OPTIONS = '--max-semi-space-size=8'

/** A server in a process of its own, as a person starts it: no settings but those given and a free port. */
export function startServer(settings: Record<string, string>): Promise<ServerProcess> {
  return start({ NODE_OPTIONS, ...settings }, START)
}
