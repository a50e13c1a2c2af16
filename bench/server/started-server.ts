import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'

/** As `npm start` does it. */
const MAIN = fileURLToPath(new URL('../../scripts/start.js', import.meta.url))
const START_TIMEOUT = 60_000

/** A server in a process of its own, as a person starts it: no settings but those given and a free port. */
export type StartedServer = AsyncDisposable & {
  pid: number
  /** Such as `http://127.0.0.1:40123`. */
  url: string
  /** The last of what it wrote, to stdout and stderr. */
  said(): string
  /** Ends the process; resolves when it is gone. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
}

/** @throws when the server ends, or says nothing of an address, within a minute */
export async function startServer(settings: Record<string, string>): Promise<StartedServer> {
  const child = spawn(process.execPath, [MAIN], {
    // A folder without a `.env` file.
    cwd: tmpdir(),
    env: { PATH: process.env['PATH'], SERVER_PORT: '0', LOG_LEVEL: 'warn', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit')
  const output = readOutput(child)
  const url = await addressOf(child, output).catch(async (error: unknown) => {
    child.kill('SIGKILL')
    throw error
  })
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    await exited
  }
  return {
    pid: child.pid ?? Number.NaN,
    url,
    said: () => output.text,
    end,
    [Symbol.asyncDispose]: () => end('SIGKILL'),
  }
}

type Output = { text: string; onText: () => void }

/** Reads on for as long as it runs, or a full pipe would stop it. */
function readOutput(child: ChildProcess): Output {
  const output: Output = { text: '', onText: () => {} }
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output.text = (output.text + text).slice(-10_000)
      output.onText()
    })
  }
  return output
}

async function addressOf(child: ChildProcess, output: Output): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  output.onText = () => {
    const found = /listening on (http:\S+)/.exec(output.text)?.[1]
    if (found) resolve(found)
  }
  child.once('error', reject)
  child.once('exit', (status) => reject(new Error(`the server ended (${status}):\n${output.text}`)))
  const timer = setTimeout(() => reject(new Error(`no address:\n${output.text}`)), START_TIMEOUT)
  return promise.finally(() => clearTimeout(timer))
}
