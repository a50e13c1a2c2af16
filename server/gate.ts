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

/**
 * Identity in the mode of the settings: the one local owner, people with accounts, or the people of an embedding
 * application.
 */
export type Gate = {
  /** The asker of procedures that are called in this process. */
  local: Asker
  /** Returns a function that gives the current asker of a connection. */
  askerOf(connection: Connection): Promise<() => Asker | null>
  /** Checks again whether the logins of all connections are valid. */
  recheck(): void
  /** Logins may have ended: checks them here, and notifies the other nodes. */
  changed(): void
  /** Sign-in, on a server with accounts. */
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
