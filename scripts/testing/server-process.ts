import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundled } from '../build/server.ts'

/** What `npm start` runs; the global setup `server` builds it. */
const main = fileURLToPath(bundled('main'))
/** The same folder as for `npm start` (scripts/start.js). */
const NODE_COMPILE_CACHE = fileURLToPath(
  new URL('../../node_modules/.cache/throughline/compiled', import.meta.url),
)
/**
 * The embedded database is WebAssembly, which V8 compiles in each process, and its hot functions again with
 * optimisations. In a process that lives for seconds the second time is a third of all work, in the workers of the unit
 * tests an eighth, so it is switched off.
 */
export const EMBEDDED_FLAGS = ['--liftoff-only']
/** The same flags as for `npm start`. Without them a server holds some 20 MiB more of what is garbage already. */
export const START_FLAGS = ['--max-semi-space-size=8']

/** The real server in its own process, so that it can be killed. */
export type ServerProcess = AsyncDisposable & {
  url: string
  port: number
  process: ChildProcess
  /** Everything that it has written so far, on stdout and stderr. */
  output(): string
  /** Sends the signal and resolves with the exit status, or the signal's name, once the process is gone. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | string | null>
}

/**
 * @param env settings; nothing else is inherited; the port is a free one unless given
 * @param entry another program than the product's own that serves and prints its address in the same way
 * @param flags of Node; a benchmark passes only those of the product
 * @throws with the server's output when it does not start to listen
 */
export async function startServer(
  env: Record<string, string>,
  entry = main,
  flags: readonly string[] = [...START_FLAGS, ...(env.DATABASE_URL ? [] : EMBEDDED_FLAGS)],
): Promise<ServerProcess> {
  const child = spawn(process.execPath, [...flags, entry], {
    // A folder without a `.env` file.
    cwd: tmpdir(),
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE,
      SERVER_PORT: '0',
      LOG_LEVEL: 'warn',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit')
  let output = ''
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      const [, url] = /is listening on (http:\/\/\S+)/.exec(output) ?? []
      if (url) resolve(url)
    })
  }
  child.once('close', (status) =>
    reject(new Error(`the server ended with ${status} before it listened: ${output}`)),
  )
  const url = await promise
  const end: ServerProcess['end'] = async (signal) => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal)
      await exited
    }
    return child.exitCode ?? child.signalCode
  }
  return {
    url,
    port: Number(new URL(url).port),
    process: child,
    output: () => output,
    end,
    [Symbol.asyncDispose]: async () => {
      await end('SIGKILL')
    },
  }
}

/** Creates a temporary folder, which is removed when it is disposed. */
export async function temporaryFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'throughline-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}
