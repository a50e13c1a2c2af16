import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { boundConnections, OpenCounts } from './open-counts.ts'

test('what somebody who is signed in has open counts for them, and for their address no more', () => {
  const counts = new OpenCounts({ perPerson: 2 })
  const opened = [counts.add('192.0.2.1'), counts.add('192.0.2.1'), counts.add('198.51.100.1')]
  expect(counts.ofAddress('192.0.2.1')).toBe(2)
  expect(opened.map((one) => one.belongsTo('ada'))).toEqual([true, true, false])
  expect(counts.ofAddress('192.0.2.1')).toBe(0)
  expect(counts.ofAddress('198.51.100.1')).toBe(1)
  // Said again, as with each request of a connection, it is counted once.
  expect(opened[0]?.belongsTo('ada')).toBe(true)
  opened[0]?.end()
  opened[0]?.end()
  expect(opened[2]?.belongsTo('ada')).toBe(true)
  opened.forEach((one) => one.end())
  expect(counts.add('192.0.2.1').belongsTo('ada')).toBe(true)
})

test('addresses of one IPv6 network count together', () => {
  const counts = new OpenCounts({ perPerson: 2 })
  counts.add('2001:db8::1')
  counts.add('2001:db8:0:0:ffff::2')
  expect(counts.ofAddress('2001:db8::3')).toBe(2)
  expect(counts.ofAddress('2001:db8:0:1::3')).toBe(0)
})

test('an address that opens more connections than it may gets no more, until some of them end', async () => {
  const server = createServer()
  boundConnections(server, { perAddress: 2, isProxy: () => false })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const accepted = () =>
    new Promise<number>((resolve) => server.getConnections((_, n) => resolve(n)))
  const [first, second] = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')]
  await expect.poll(accepted).toBe(2)
  const third = connect(port, '127.0.0.1')
  third.on('error', () => undefined)
  await new Promise((resolve) => third.once('close', resolve))
  expect(await accepted()).toBe(2)
  first.destroy()
  await expect.poll(accepted).toBe(1)
  const fourth = connect(port, '127.0.0.1')
  await expect.poll(accepted).toBe(2)
  for (const socket of [second, fourth]) socket.destroy()
  server.close()
})
