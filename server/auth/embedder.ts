import type { IncomingMessage } from 'node:http'
import type { Db } from '../../db/engine/database.ts'
import { setPersonRole } from '../../db/queries/accounts.ts'
import { UserId } from '../../shared/contract/ids.ts'
import type { Role } from '../../shared/contract/user.ts'
import { createLoginCheck, tokenAsker } from './check-logins.ts'
import { OpenLogins } from './open-logins.ts'
import type { LastingConnection } from './open-logins.ts'
import { findOrMakePerson } from './outside-person.ts'
import type { Asker } from './port.ts'
import { toUser } from './user.ts'

/** A person according to an application that embeds the server; `userId` is any text that stays the same. */
export type EmbeddedUser = { userId: string; name: string; role: Role }

/**
 * Returns the person of a request; null for nobody. It is called again every two seconds while a connection is open:
 * when it returns null then, the connection is closed. When it fails, or takes longer than two seconds, the connection
 * stays as it is for at most five minutes.
 */
export type Authenticate = (
  request: IncomingMessage,
) => Promise<EmbeddedUser | null> | EmbeddedUser | null

/** Replaces an issuer's address, because these people belong to the embedding application. */
const ISSUER = 'embedder'

/** Identity by an embedding application. */
export function createEmbeddedIdentity({
  db,
  authenticate,
  clientAddress,
  now,
  newId,
  onError,
}: {
  db: Db
  authenticate: Authenticate
  clientAddress(request: IncomingMessage): string
  now(): string
  newId(): string
  onError(error: unknown, what: string): void
}) {
  const open = new OpenLogins(createLoginCheck(db, now), (error) =>
    onError(error, 'the application could not say who is signed in'),
  )

  async function ask(request: IncomingMessage): Promise<Asker | null> {
    const said = await authenticate(request)
    if (!said) return null
    const { userId: subject, name, role } = said
    const id = UserId.parse(newId())
    const person = { id, issuer: ISSUER, subject, name, email: null, role }
    const row = await findOrMakePerson(db, person, { address: clientAddress(request), now })
    if (row.role !== role) await setPersonRole(db, row.id, role)
    return tokenAsker(toUser({ ...row, role }))
  }

  return {
    async askerOf(
      connection: LastingConnection & { request: IncomingMessage },
    ): Promise<() => Asker | null> {
      const { request } = connection
      const asker = await ask(request)
      if (!asker) return () => null
      return open.add({ type: 'embedder', ask: () => ask(request) }, asker, connection)
    },
    recheck: () => void open.recheck(),
    close: () => open.close(),
  }
}
