import { once } from 'node:events'
import { mkdtempDisposableSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { createCA, createCert } from 'mkcert'
import { WebSocket } from 'ws'
import { expect, test } from 'vitest'
import { amount } from '../../scripts/testing/amount.ts'
import { checkConfig } from '../start-config.ts'
import { startTestServer, textOf } from './testing/server.ts'

/** The number of replacements of the certificate, and of sockets that stay open during them. */
const [CHANGES, SOCKETS] = [amount(1, 20), amount(1, 100)]

async function writePair(certFile: string, keyFile: string, name: string): Promise<void> {
  const authority = {
    organization: name,
    countryCode: 'CH',
    state: 'x',
    locality: 'x',
    validity: 1,
  }
  const ca = await createCA(authority)
  const pair = await createCert({ ca, domains: ['127.0.0.1', name], validity: 1 })
  writeFileSync(certFile, pair.cert)
  writeFileSync(keyFile, pair.key)
}

/** The name in the certificate that a new connection is shown. */
function certificateAt(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().subjectaltname ?? '')
      socket.end()
    })
    socket.once('error', reject)
  })
}

test('a new certificate is taken up when its files change, and no open socket is dropped for it', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'tls-'))
  const [certFile, keyFile] = [join(folder.path, 'cert.pem'), join(folder.path, 'key.pem')]
  await writePair(certFile, keyFile, 'first.example.com')
  await using server = await startTestServer({ tls: { certFile, keyFile } })
  expect(server.url).toMatch(/^https:/)
  const sockets = Array.from(
    { length: SOCKETS },
    () => new WebSocket(`${server.wsUrl}/trpc`, { rejectUnauthorized: false }),
  )
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('open', resolve))))
  expect(await certificateAt(server.port)).toContain('first.example.com')

  const waits: number[] = []
  let current = 'first.example.com'
  for (let change = 1; change <= CHANGES; change += 1) {
    // Half of a pair, as while it is being copied.
    const refusals = () =>
      server.logged.filter(({ msg }) => /new certificate/.test(String(msg))).length
    const before = refusals()
    writeFileSync(certFile, 'not a certificate')
    await expect.poll(refusals, { timeout: 10_000 }).toBeGreaterThan(before)
    expect(await certificateAt(server.port)).toContain(current)
    current = `number-${change}.example.com`
    await writePair(certFile, keyFile, current)
    const writtenAt = performance.now()
    await expect.poll(() => certificateAt(server.port), { timeout: 10_000 }).toContain(current)
    waits.push(performance.now() - writtenAt)

    const answers = sockets.map(async (socket) => {
      const [data] = await once(socket, 'message')
      return textOf(data)
    })
    for (const socket of sockets) {
      socket.send(JSON.stringify({ id: change, method: 'query', params: { path: 'me' } }))
    }
    for (const answer of await Promise.all(answers)) expect(answer).toContain('socket')
  }
  console.log(
    `${CHANGES} certificates beside ${SOCKETS} open sockets; in use after ${Math.round(Math.max(...waits))} ms at the most`,
  )
  for (const socket of sockets) socket.close()
  const status = await new Promise((resolve, reject) => {
    const options = { rejectUnauthorized: false }
    request(`${server.url}/health`, options, (response) => resolve(response.statusCode))
      .once('error', reject)
      .end()
  })
  expect(status).toBe(200)
})

test('a certificate that is not there, or is not one with its key, is told at the start', async () => {
  const env = { TLS_CERT_FILE: '/nowhere/cert.pem', TLS_KEY_FILE: '/nowhere/key.pem' }
  await expect(checkConfig(env)).rejects.toThrow(/TLS_CERT_FILE: .*ENOENT/)
})
