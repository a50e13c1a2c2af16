import { createDecipheriv, createECDH, hkdfSync, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'

/**
 * A push service on loopback, and the device that it is for: no browser that runs without a window has one. What comes
 * can be read by the device alone (RFC 8291).
 */
export async function startPushService() {
  const device = createECDH('prime256v1')
  const publicKey = device.generateKeys()
  const auth = randomBytes(16)
  const told: string[] = []
  const server = createServer((request, response) => {
    void (async () => {
      const pieces: Buffer[] = []
      for await (const piece of request) pieces.push(Buffer.from(piece))
      told.push(decrypted(Buffer.concat(pieces)))
      response.writeHead(201).end()
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0

  function decrypted(body: Buffer): string {
    const [salt, begins] = [body.subarray(0, 16), 21 + (body[20] ?? 0)]
    const serverKey = body.subarray(21, begins)
    const sealed = body.subarray(begins)
    const info = Buffer.concat([Buffer.from('WebPush: info\0'), publicKey, serverKey])
    const secret = derived(device.computeSecret(serverKey), auth, info, 32)
    const decipher = createDecipheriv(
      'aes-128-gcm',
      derived(secret, salt, 'Content-Encoding: aes128gcm\0', 16),
      derived(secret, salt, 'Content-Encoding: nonce\0', 12),
    )
    decipher.setAuthTag(sealed.subarray(-16))
    const text = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
    // A delimiter, and zeros behind it, end the text.
    return text.subarray(0, text.lastIndexOf(2)).toString()
  }

  return {
    /** Each message to the device, in order. */
    told,
    /** As a browser's subscription says it (`PushSubscription.toJSON`). */
    subscription: {
      endpoint: `http://127.0.0.1:${port}/device`,
      keys: { p256dh: publicKey.toString('base64url'), auth: auth.toString('base64url') },
    },
    [Symbol.dispose]: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

function derived(secret: Buffer, salt: Buffer, info: Buffer | string, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, length))
}
