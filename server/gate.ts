import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { Database } from '../db/engine/database.ts'
import { hasAccounts } from '../db/queries/accounts.ts'
import type { Accounts } from './auth/accounts.ts'
import { createEmbeddedIdentity } from './auth/embedder.ts'
import type { Authenticate } from './auth/embedder.ts'
import { ensureLocalOwner, localAsker } from './auth/local-owner.ts'
import type { Asker } from './auth/port.ts'
import type { SignInLimits } from './auth/sign-in/sign-in-limits.ts'
import { ModeError } from './config/config.ts'
import type { Config } from './config/config.ts'
import type { Connection } from './http/sockets/connection.ts'

export type GateOptions = {
  config: Config
  database: Database
  logger: Logger
  authenticate: Authenticate | undefined
  clientAddress(request: IncomingMessage): string
  limits(): SignInLimits | null
  tellOthers(): void
  onError(error: unknown, what: string): void
  now(): string
  newId(): string
}

/** Who gets in, in each of the ways that there are: the one local owner, people with accounts, or whoever an embedding application says. */
export type Gate = {
  /** Who calls the procedures in this process. */
  local: Asker
  /** Who asks over a connection, at any time until it ends. */
  askerOf(connection: Connection): Promise<() => Asker | null>
  /** Looks again whether everybody who is connected is still signed in. */
  recheck(): void
  /** Logins may have ended: looks again here, and tells the other nodes. */
  changed(): void
  /** Sign-in, where there are accounts. */
  accounts: Accounts | null
  plugins: ((app: FastifyInstance) => Promise<void>)[]
  close(): void
}

/** @throws {ModeError} without accounts on a database that has some */
export async function openGate(options: GateOptions): Promise<Gate> {
  const { config, database, authenticate, ...rest } = options
  const local = localAsker(await ensureLocalOwner(database.db))
  if (authenticate) {
    const embedded = createEmbeddedIdentity({ db: database.db, authenticate, ...rest })
    return { local, accounts: null, plugins: [], changed: embedded.recheck, ...embedded }
  }
  if (config.auth.mode === 'single') {
    if (await hasAccounts(database.db)) {
      throw new ModeError(
        'There are accounts in this database, and AUTH_MODE=single would let everybody on this machine into all of ' +
          'them. Set AUTH_MODE=accounts, or use another database.',
      )
    }
    const askerOf = async () => () => local
    return {
      local,
      accounts: null,
      plugins: [],
      askerOf,
      recheck: noop,
      changed: noop,
      close: noop,
    }
  }
  // A server without accounts does not load the sign-in library.
  const { openAccounts } = await import('./auth/accounts.ts')
  const accounts = await openAccounts({ config, database, ...rest })
  return {
    local,
    accounts,
    plugins: [accounts.routes],
    askerOf: accounts.askerOf,
    recheck: () => void accounts.recheck(),
    changed: accounts.changed,
    close: accounts.close,
  }
}

function noop(): void {}
