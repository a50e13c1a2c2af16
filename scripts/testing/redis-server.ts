import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { findOrInstall } from './debian-program.ts'
import { freePorts } from './free-port.ts'

export type RedisServer = AsyncDisposable & {
  url: string
  /** Ends at once, as by a crash. */
  kill(): Promise<void>
  /** Starts again at the same address. */
  resume(): Promise<void>
  /** Answers nobody, and keeps its connections, until `thaw`. */
  freeze(): void
  thaw(): void
}

/** The path of a real Redis server, or why there is none. */
export const redisServer = () => findOrInstall('redis-server')

/** Starts a Redis server on loopback that stores nothing. */
export async function startRedis(program: string): Promise<RedisServer> {
  const [port = 0] = await freePorts(1)
  const start = async () => {
    const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '']
    const server = spawn(program, [...options, '--appendonly', 'no'], { stdio: 'pipe' })
    let said = ''
    await new Promise<void>((resolve, reject) => {
      server.stdout.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-10_000)
        if (said.includes('Ready to accept connections')) resolve()
      })
      server.once('error', reject)
      server.once('exit', () => reject(new Error(`Redis did not start:\n${said}`)))
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
    url: `redis://127.0.0.1:${port}`,
    kill,
    async resume() {
      server = await start()
    },
    freeze: () => void server.kill('SIGSTOP'),
    thaw: () => void server.kill('SIGCONT'),
    [Symbol.asyncDispose]: kill,
  }
}
