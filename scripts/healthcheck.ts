// Checks whether the server on this machine is alive, and exits with 1 when it is not: for an image's HEALTHCHECK,
// because the image has no curl. With `-- ready` it checks whether the server may get traffic.
import { request as requestPlain } from 'node:http'
import { request as requestTls } from 'node:https'
import process from 'node:process'

const { SERVER_HOST = '127.0.0.1', SERVER_PORT = '8001', TLS_CERT_FILE } = process.env
const everywhere = SERVER_HOST === '0.0.0.0' || SERVER_HOST === '::'
const options = {
  host: everywhere ? '127.0.0.1' : SERVER_HOST.replace(/^\[(.*)\]$/, '$1'),
  port: SERVER_PORT,
  path: process.argv.includes('ready') ? '/readyz' : '/livez',
  timeout: 4_000,
  headers: { host: 'localhost' },
}
// The certificate is for the public name, but the server is on this machine.
const asked = TLS_CERT_FILE
  ? requestTls({ ...options, rejectUnauthorized: false })
  : requestPlain(options)
asked.on('response', ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1))
asked.on('timeout', () => asked.destroy(new Error('no answer')))
asked.on('error', ({ message }) => {
  console.error(message)
  process.exit(1)
})
asked.end()
