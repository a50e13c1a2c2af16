import { createECDH } from 'node:crypto'
import { readNodeSecret } from '../../db/engine/node-secret.ts'
import type { Db } from '../../db/engine/database.ts'

/** The server's keys for Web Push (VAPID, RFC 8292), base64url. */
export type PushKeys = { publicKey: string; privateKey: string }

/**
 * The keys of all nodes on this database; the first node that asks makes them. They never change, because devices
 * subscribe with them.
 */
export async function readPushKeys(db: Db): Promise<PushKeys> {
  const curve = createECDH('prime256v1')
  curve.generateKeys()
  const privateKey = await readNodeSecret(db, 'web-push', padded(curve.getPrivateKey(), 32))
  curve.setPrivateKey(privateKey)
  return {
    publicKey: padded(curve.getPublicKey(), 65).toString('base64url'),
    privateKey: privateKey.toString('base64url'),
  }
}

/** Adds the leading zeros that Node leaves out. */
function padded(bytes: Buffer, length: number): Buffer {
  return Buffer.concat([Buffer.alloc(Math.max(0, length - bytes.length)), bytes])
}
