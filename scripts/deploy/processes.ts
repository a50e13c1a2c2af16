import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import pg from 'pg'
import { findOrInstall } from '../testing/debian-program.ts'
import { freePorts } from '../testing/free-port.ts'
import { startPostgres } from '../testing/postgres/postgres-server.ts'
import { composeSet, root } from './compose-settings.ts'
import { waitFor } from './set.ts'
import type { RunningSet, Tell } from './set.ts'

/** The places of the set's parts, as processes of one machine instead of containers. */
export type Places = {
  /** The ports of the proxy. */
  httpsPort: number
  httpPort: number
  /** The ports of the nodes, by their names. */
  ports: Record<string, number>
  /** The folder for secrets, files and the proxy's data. */
  folder: string
}

/**
 * The settings of a node: those of compose.yaml and its image, with other places.
 *
 * @param more settings to try besides
 */
export function nodeSettings(
  node: string,
  { httpsPort, ports, folder }: Places,
  more: Record<string, string> = {},
): Record<string, string> {
  return {
    ...composeSet(`localhost:${httpsPort}`).nodes[node],
    SERVER_HOST: '127.0.0.1',
    SERVER_PORT: String(ports[node]),
    TRUST_PROXY: 'loopback',
    DATA_DIR: join(folder, 'files'),
    DATABASE_URL_FILE: join(folder, 'secrets/database_url'),
    AUTH_SECRET_FILE: join(folder, 'secrets/auth_secret'),
    ...more,
  }
}

/**
 * The project's own Caddyfile, on unprivileged ports, and without changing the certificates that this machine trusts.
 */
export function caddyfile({ httpsPort, httpPort }: Places): string {
  return `{
	admin off
	skip_install_trust
	default_bind 127.0.0.1
	http_port ${httpPort}
	https_port ${httpsPort}
}
import ${join(root, 'deploy/Caddyfile')}
`
}

/** The variables of the Caddyfile, with the addresses of the nodes. */
export function proxySettings({ ports, folder }: Places): Record<string, string> {
  const { proxy, port } = composeSet('localhost')
  const nodes = proxy.NODES?.split(' ').map((one) => {
    const name = one.slice(0, -`:${port}`.length)
    return `127.0.0.1:${ports[name]}`
  })
  return { ...proxy, NODES: nodes?.join(' ') ?? '', XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }
}

/**
 * Starts the parts of compose.yaml as processes.
 *
 * @param more settings of the nodes besides
 */
export async function startProcesses(
  more: Record<string, string>,
  tell: Tell,
): Promise<RunningSet> {
  const caddy = findOrInstall('caddy')
  if ('missing' in caddy) throw new Error(`compose.yaml's proxy cannot be had: ${caddy.missing}.`)
  await using opened = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'throughline-try-'))
  opened.defer(() => rm(folder, { recursive: true, force: true }))
  const { nodes: known, command } = composeSet('localhost')
  const names = Object.keys(known)
  const [httpsPort = 0, httpPort = 0, ...ports] = await freePorts(2 + names.length)
  const places: Places = {
    ...{ httpsPort, httpPort, folder },
    ports: Object.fromEntries(names.map((name, index) => [name, ports[index] ?? 0])),
  }

  tell('Starting Postgres, from npm')
  const postgres = await startPostgres({})
  opened.defer(() => postgres.stop())
  const secrets = join(folder, 'secrets')
  const made = spawnSync(process.execPath, ['scripts/make-secrets.ts', secrets], { cwd: root })
  if (made.status !== 0) throw new Error(`the secrets could not be made: ${made.stderr.toString()}`)
  await createDatabase(postgres.url('postgres'))
  const databaseUrl = new URL(postgres.url('throughline'))
  databaseUrl.username = 'throughline'
  // The file from make-secrets names a host that exists with Compose only, and it is read-only.
  await rm(join(secrets, 'database_url'))
  await writeFile(join(secrets, 'database_url'), databaseUrl.href, { mode: 0o600 })

  const nodes = new Map<string, Started>()
  const startNode = (name: string): void => {
    // The command names the image's own Node.
    nodes.set(name, start(process.execPath, command.slice(1), nodeSettings(name, places, more)))
  }
  for (const name of names) {
    tell(`Starting ${name} at 127.0.0.1:${places.ports[name]}`)
    opened.defer(async () => void (await nodes.get(name)?.end()))
    startNode(name)
  }
  tell(`Starting Caddy at https://localhost:${httpsPort}`)
  const config = join(folder, 'Caddyfile')
  await writeFile(config, caddyfile(places))
  const proxyArguments = ['run', '--config', config, '--adapter', 'caddyfile']
  const proxy = start(caddy.path, proxyArguments, proxySettings(places))
  opened.defer(async () => void (await proxy.end()))
  const parts = [...nodes.values(), proxy]
  const authority = await waitFor('the certificate of the proxy', () => {
    for (const part of parts) part.check()
    return readFile(join(folder, 'caddy/pki/authorities/local/root.crt'), 'utf8')
  })
  const resources = opened.move()
  return {
    url: `https://localhost:${httpsPort}`,
    authority,
    nodes: names,
    output: async (name) => {
      nodes.get(name)?.check()
      return nodes.get(name)?.output() ?? ''
    },
    ask: async (name, path, token) => {
      const headers = { authorization: `Bearer ${token}` }
      return (await fetch(`http://127.0.0.1:${places.ports[name]}${path}`, { headers })).json()
    },
    kill: async (name) => void (await nodes.get(name)?.kill()),
    end: async (name) => nodes.get(name)?.end() ?? null,
    start: async (name) => startNode(name),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

type Started = ReturnType<typeof start>

function start(program: string, args: string[], settings: Record<string, string>) {
  const child: ChildProcess = spawn(program, args, {
    cwd: root,
    env: { PATH: process.env.PATH, HOME: settings.XDG_DATA_HOME, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit')
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-1e6)))
  }
  let isEnded = false
  const finish = async (signal: NodeJS.Signals): Promise<number | null> => {
    isEnded = true
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal)
      await exited
    }
    return child.exitCode
  }
  return {
    output: () => output,
    /** @throws when the process ended by itself */
    check: () => {
      if (!isEnded && (child.exitCode !== null || child.signalCode !== null)) {
        throw new Error(`${program} ended with ${child.exitCode ?? child.signalCode}: ${output}`)
      }
    },
    end: () => finish('SIGTERM'),
    kill: () => finish('SIGKILL'),
  }
}

async function createDatabase(adminUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl })
  await client.connect()
  try {
    await client.query('create role throughline login')
    await client.query('create database throughline owner throughline')
  } finally {
    await client.end()
  }
}
