import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { findOrInstall } from './debian-program.ts'
import { freePort } from './free-port.ts'

/** A server that carries notifications between nodes, for `WAKE_URL`. */
export type WakeServer = AsyncDisposable & {
  url: string
  /** Ends at once, like a crash. */
  kill(): Promise<void>
  /** Starts again at the same address. */
  resume(): Promise<void>
  /** Stops answering, and keeps its connections, until `thaw`. */
  freeze(): void
  thaw(): void
}

type Kind = { name: string; argumentsFor(port: number): string[]; isReady: string; scheme: string }

export const WAKE_SERVERS = {
  Redis: {
    name: 'redis-server',
    argumentsFor: (port) => [
      ...['--port', String(port), '--bind', '127.0.0.1'],
      ...['--save', '', '--appendonly', 'no'],
    ],
    isReady: 'Ready to accept connections',
    scheme: 'redis',
  },
  NATS: {
    name: 'nats-server',
    argumentsFor: (port) => ['--addr', '127.0.0.1', '--port', String(port)],
    isReady: 'Server is ready',
    scheme: 'nats',
  },
} satisfies Record<string, Kind>

export type WakeServerName = keyof typeof WAKE_SERVERS

/** The path of a real server, or the reason why there is none. */
export const wakeServer = (kind: WakeServerName) => findOrInstall(WAKE_SERVERS[kind].name)

/** Starts a server on loopback that stores nothing. */
export async function startWakeServer(
  kind: WakeServerName,
  program: string,
  options: readonly string[] = [],
): Promise<WakeServer> {
  const port = await freePort()
  const { argumentsFor, isReady, scheme } = WAKE_SERVERS[kind]
  const start = async () => {
    const server = spawn(program, [...argumentsFor(port), ...options], { stdio: 'pipe' })
    let said = ''
    await new Promise<void>((resolve, reject) => {
      const hear = (text: string) => {
        said = (said + text).slice(-10_000)
        if (said.includes(isReady)) resolve()
      }
      server.stdout.setEncoding('utf8').on('data', hear)
      server.stderr.setEncoding('utf8').on('data', hear)
      server.once('error', reject)
      server.once('exit', () => reject(new Error(`${kind} did not start:\n${said}`)))
    })
    return server
  }
  let server = await start()
  const kill = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    server.kill('SIGKILL')
    await ended
  }
  return {
    url: `${scheme}://127.0.0.1:${port}`,
    kill,
    async resume() {
      server = await start()
    },
    freeze: () => void server.kill('SIGSTOP'),
    thaw: () => void server.kill('SIGCONT'),
    [Symbol.asyncDispose]: kill,
  }
}
