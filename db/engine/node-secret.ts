import type { Db } from './database.ts'

/**
 * The secret that the nodes on this database share; the first node that asks creates it.
 * @param fresh the secret to store if there is none
 */
export async function readNodeSecret(db: Db, name: string, fresh: Buffer): Promise<Buffer> {
  await db
    .insertInto('node_secrets')
    .values({ name, secret: fresh.toString('base64') })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute()
  const { secret } = await db
    .selectFrom('node_secrets')
    .select('secret')
    .where('name', '=', name)
    .executeTakeFirstOrThrow()
  return Buffer.from(secret, 'base64')
}
