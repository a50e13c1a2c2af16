import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { parseProxies } from '../../trusted-proxies.ts'
import { createClientAddress } from './client-address.ts'

const cases: [trusted: string[], peer: string, forwarded: string | undefined, client: string][] = [
  [['loopback'], '127.0.0.1', undefined, '127.0.0.1'],
  [['loopback'], '127.0.0.1', '203.0.113.9', '203.0.113.9'],
  // Addresses before the last one that is no trusted proxy's can be forged by the client.
  [['loopback'], '::ffff:127.0.0.1', '198.51.100.1, 203.0.113.9', '203.0.113.9'],
  [['loopback', '10.0.0.0/8'], '127.0.0.1', '203.0.113.9, 10.1.2.3', '203.0.113.9'],
  [['10.0.0.7'], '10.0.0.7', '203.0.113.9:4711', '203.0.113.9'],
  [['fd00::/8'], 'fd00::1', '[2001:db8::1]:443', '2001:db8::1'],
  [['loopback'], '203.0.113.9', '127.0.0.1', '203.0.113.9'],
  [['none'], '127.0.0.1', '203.0.113.9', '127.0.0.1'],
  [['10.0.0.7'], '127.0.0.1', '203.0.113.9', '127.0.0.1'],
  [['loopback'], '127.0.0.1', 'unknown', '127.0.0.1'],
]

test.each(cases)(
  'trusting %o, a request from %s that says %s comes from %s',
  (trusted, peer, forwarded, client) => {
    const proxies = parseProxies(trusted) ?? { has: () => false }
    const request = {
      socket: { remoteAddress: peer },
      headers: { ...(forwarded !== undefined && { 'x-forwarded-for': forwarded }) },
    } as Partial<IncomingMessage> as IncomingMessage
    expect(createClientAddress(proxies)(request)).toBe(client)
  },
)

test.each([['10.0.0.0/33'], ['10.0.0'], ['none', '10.0.0.1'], ['example.com'], ['10.0.0.1/8/9']])(
  '%o are no addresses of proxies',
  (...entries) => {
    expect(parseProxies(entries)).toBe(null)
  },
)
