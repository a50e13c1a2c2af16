import { execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { access } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import { connect } from '../../db/engine/connect.ts'
import { processTreeCpu } from '../measure/proc.ts'
import { startDurablePostgres } from '../measure/postgres.ts'
import { createTemporaryFolder } from '../measure/temporary-folder.ts'
import { createUsageReader } from '../measure/postgres-usage.ts'
import { startServer } from '../server/started-server.ts'
import { readAiSdk, readRawPipe, readSocketIo, readThroughline } from './readers.ts'
import type { OpenReader } from './readers.ts'

/** A server under test in processes of its own. */
export type Target = AsyncDisposable & {
  url: string
  reader: OpenReader
  /** Microseconds of CPU since the start: of the server, and of its database. */
  cpu(): Promise<{ server: number; database: number }>
}

/** The targets by name: some store nothing; Throughline commits every token to Postgres before it is shown. */
export const TARGETS = {
  throughline: startThroughline,
  'raw pipe': (provider: string) => startPeer('raw-pipe', readRawPipe, provider),
  'Socket.IO': (provider: string) => startPeer('socket-io', readSocketIo, provider),
  'AI SDK': (provider: string) => startPeer('ai-sdk', readAiSdk, provider),
} satisfies Record<string, (provider: string) => Promise<Target>>

export type TargetName = keyof typeof TARGETS

const HERE = fileURLToPath(new URL('.', import.meta.url))
const Told = z.object({ port: z.number() })

/** Installs the packages of the peers unless they are there. */
export async function installPeers(): Promise<void> {
  const there = await access(new URL('node_modules/ai', import.meta.url)).then(
    () => true,
    () => false,
  )
  if (!there) {
    console.log('Installing the peers …')
    await promisify(execFile)('npm', ['ci', '--no-audit', '--no-fund'], { cwd: HERE })
  }
}

/** Starts the provider that all targets ask; returns its base URL. */
export async function startProvider(): Promise<AsyncDisposable & { baseUrl: string }> {
  const { port, end } = await startChild('provider.ts', {})
  return { baseUrl: `http://127.0.0.1:${port}/v1`, [Symbol.asyncDispose]: end }
}

async function startPeer(name: string, reader: OpenReader, provider: string): Promise<Target> {
  const { port, pid, end } = await startChild(`targets/${name}.mjs`, { OPENAI_BASE_URL: provider })
  return {
    url: `http://127.0.0.1:${port}`,
    reader,
    cpu: async () => ({ server: await processTreeCpu(pid), database: 0 }),
    [Symbol.asyncDispose]: end,
  }
}

async function startChild(file: string, env: Record<string, string>) {
  const child = fork(new URL(file, import.meta.url), {
    execArgv: [],
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...env },
  })
  const exited = once(child, 'exit')
  const [told] = await Promise.race([
    once(child, 'message'),
    exited.then(([status]) => {
      throw new Error(`${file} ended with ${status} before it listened`)
    }),
  ])
  return {
    port: Told.parse(told).port,
    pid: child.pid ?? 0,
    end: async () => {
      child.kill()
      await exited
    },
  }
}

async function startThroughline(provider: string): Promise<Target> {
  await using starting = new AsyncDisposableStack()
  const folder = starting.use(await createTemporaryFolder())
  const postgres = starting.use(await startDurablePostgres())
  const databaseUrl = await postgres.createDatabase('server')
  const server = starting.use(
    await startServer({
      ...{ DATA_DIR: folder.path, DATABASE_URL: databaseUrl },
      ...{ OPENAI_BASE_URL: provider, OPENAI_API_KEY: 'bench', LLM_MODEL: 'bench-model' },
      // No answer is cut, and no summary is written meanwhile.
      ...{
        LLM_MAX_TOKENS: '100000',
        LLM_CONTEXT_WINDOW: '1000000',
        SESSION_GRACE_SECONDS: '86000',
      },
    }),
  )
  const database = await connect({ databaseUrl, poolSize: 1 })
  starting.defer(() => database.close())
  const usage = await createUsageReader(database.db, 'postgres')
  const own = starting.move()
  return {
    url: server.url,
    reader: readThroughline,
    cpu: async () => ({
      server: await processTreeCpu(server.process.pid ?? 0),
      database: (await usage()).cpu,
    }),
    [Symbol.asyncDispose]: () => own.disposeAsync(),
  }
}
