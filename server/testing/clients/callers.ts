import type { IncomingMessage } from 'node:http'
import { ensureUser, findUser } from '../../../db/queries/users.ts'
import { UserId } from '../../../shared/contract/ids.ts'
import type { Role, UserLimits } from '../../../shared/contract/user.ts'
import type { EmbeddedUser } from '../../auth/embedder.ts'
import type { Login } from '../../auth/port.ts'
import { toUser } from '../../auth/user.ts'
import { createCaller } from '../../caller.ts'
import { startTestApp } from '../app.ts'
import type { Storage, TestApp, TestAppOptions } from '../app.ts'

/** Settings of a server with accounts, for either database. */
export const ACCOUNTS = { AUTH_MODE: 'accounts', AUTH_SECRET: 'a secret of a test, 32 characters' }

/** Starts a server with accounts, whose people call it by `callerAs` and `callerFrom`. */
export function startForCallers(
  { env }: Pick<Storage, 'env'>,
  more: Record<string, string> = {},
  options: Omit<TestAppOptions, 'env'> = {},
): Promise<TestApp> {
  return startTestApp({ ...options, env: { ...env, ...ACCOUNTS, ...more } })
}

/** Signs in the person whose id is in the header `x-user`; nobody without it. */
export function byHeader({ headers }: IncomingMessage): EmbeddedUser | null {
  const userId = headers['x-user']
  return typeof userId === 'string' ? { userId, name: userId, role: 'member' } : null
}

export type NewPerson = { name?: string; role?: Role; limits?: UserLimits }

/** Makes a person and returns the id. */
export async function makePerson(
  app: Pick<TestApp, 'services'>,
  { name = 'Somebody', role = 'member', limits }: NewPerson = {},
): Promise<UserId> {
  const id = UserId.parse(app.services.newId())
  await ensureUser(app.services.database.db, {
    ...{ id, name, role, email: null, account_status: 'active', subscription_tier: 'free' },
    ...(limits && { limits: JSON.stringify(limits) }),
  })
  return id
}

/** Calls the procedures in this process as a person with the current role. */
export async function callerAs(
  app: Pick<TestApp, 'services'>,
  id: UserId,
  {
    address,
    login,
    signal,
  }: { address?: string; login?: Partial<Login>; signal?: AbortSignal } = {},
) {
  const row = await findUser(app.services.database.db, id)
  if (!row) throw new Error('there is no such person')
  const user = toUser(row)
  const known: Login = { kind: 'login', id, scope: 'write', ...login }
  return createCaller(
    {
      services: app.services,
      asker: () => ({ user, login: known }),
      ...(address !== undefined && { address }),
    },
    signal && { signal },
  )
}

/** Calls without a login. */
export function callerFrom(app: Pick<TestApp, 'services'>, address: string) {
  return createCaller({ services: app.services, asker: () => null, address })
}

/** The number of these calls that no limit refused; any other error is thrown. */
export async function countAllowed(calls: readonly Promise<unknown>[]): Promise<number> {
  const outcomes = await Promise.all(
    calls.map((call) =>
      call.then(
        () => 1,
        (error: unknown) => {
          if (error instanceof Error && 'code' in error && error.code === 'TOO_MANY_REQUESTS') {
            return 0
          }
          throw error
        },
      ),
    ),
  )
  return outcomes.reduce((sum: number, one) => sum + one, 0)
}
