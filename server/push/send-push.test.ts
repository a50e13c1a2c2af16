import { createECDH, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { SessionId, UserId } from '../../shared/contract/ids.ts'
import { newId } from '../../shared/contract/new-id.ts'
import { sendPush } from './send-push.ts'

test.each([
  'http://push.example.com/device',
  'https://localhost/device',
  'https://127.0.0.1/device',
  'https://[::1]/device',
  'https://10.0.0.1/device',
  'https://169.254.169.254/latest',
  'https://name:password@push.example.com/device',
])(
  'an address that a person chose is not asked when it is none of the public internet: %s',
  async (endpoint) => {
    const keys = createECDH('prime256v1')
    const device = createECDH('prime256v1')
    const push = {
      ...{
        userId: UserId.parse(newId()),
        subscriptionId: newId(),
        sessionId: SessionId.parse(newId()),
        seq: 1,
        tries: 0,
      },
      ...{ kind: 'done' as const, title: 'Title', endpoint },
      p256dh: device.generateKeys().toString('base64url'),
      auth: randomBytes(16).toString('base64url'),
    }
    const settings = {
      keys: {
        publicKey: keys.generateKeys().toString('base64url'),
        privateKey: keys.getPrivateKey().toString('base64url'),
      },
      subject: 'mailto:push@example.com',
      anyAddress: false,
    }
    expect(await sendPush(push, settings)).toBe('refused')
  },
)
