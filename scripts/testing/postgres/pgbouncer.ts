import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findOrInstall } from '../debian-program.ts'

/** It refuses to run as root. This user id exists on every Unix. */
const NOBODY = 65_534
const PORT = 6_432

export type Pooler = AsyncDisposable & { url: string }

/** The path of a real PgBouncer, or the reason why there is none. */
export const pgbouncer = () => findOrInstall('pgbouncer')

/**
 * Starts PgBouncer before a Postgres, on a Unix socket of its own.
 * @param behind the address of a database that is reached through a Unix socket
 */
export async function startPooler(
  program: string,
  mode: 'session' | 'transaction',
  behind: string,
): Promise<Pooler> {
  const folder = await mkdtemp(join(tmpdir(), 'pooler-'))
  const settings = join(folder, 'pgbouncer.ini')
  const users = join(folder, 'users.txt')
  const address = new URL(behind)
  await writeFile(users, `"${address.username}" ""\n`)
  await writeFile(
    settings,
    [
      '[databases]',
      `* = host=${address.searchParams.get('host')} port=5432`,
      '[pgbouncer]',
      'listen_addr =',
      `listen_port = ${PORT}`,
      `unix_socket_dir = ${folder}`,
      'auth_type = trust',
      `auth_file = ${users}`,
      `pool_mode = ${mode}`,
      'default_pool_size = 40',
    ].join('\n'),
  )
  const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
  if (identity.uid !== undefined) {
    for (const path of [folder, settings, users]) await chown(path, identity.uid, identity.gid)
  }
  const pooler = spawn(program, [settings], { ...identity, cwd: folder, stdio: 'pipe' })
  const ended = once(pooler, 'exit')
  let said = ''
  await new Promise<void>((resolve, reject) => {
    pooler.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-10_000)
      if (said.includes('process up')) resolve()
    })
    pooler.once('error', reject)
    pooler.once('exit', () => reject(new Error(`PgBouncer did not start:\n${said}`)))
  })
  address.port = String(PORT)
  address.searchParams.set('host', folder)
  return {
    url: address.href,
    [Symbol.asyncDispose]: async () => {
      if (pooler.exitCode === null && pooler.signalCode === null) pooler.kill('SIGQUIT')
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}
