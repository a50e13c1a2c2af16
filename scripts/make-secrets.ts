// Writes the secrets of compose.yaml into files that only their owner can read; existing files stay unchanged.
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

const folder = process.argv[2] ?? 'deploy/secrets'
/**
 * The files can be read by every user (their folder only by its owner), because nodes run as another user, and a
 * container sees a file with its mode on this machine.
 */
const MODE = 0o444

mkdirSync(folder, { recursive: true, mode: 0o700 })
const password = keep('postgres_password', () => randomBytes(24).toString('hex'))
keep(
  'database_url',
  () => `postgres://throughline:${password}@postgres:5432/throughline?sslmode=disable`,
)
keep('auth_secret', () => randomBytes(32).toString('base64'))
console.log(`The secrets are in ${folder}.`)

function keep(name: string, make: () => string): string {
  const path = join(folder, name)
  if (!existsSync(path)) writeFileSync(path, make(), { mode: MODE })
  return readFileSync(path, 'utf8').trim()
}
