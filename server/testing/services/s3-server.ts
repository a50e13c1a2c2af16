import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { listenOnLoopback } from '../../../scripts/testing/loopback.ts'

/** The part of S3 that a store needs. It accepts only requests that are signed with the hash of their body. */
export async function startS3() {
  const objects = new Map<string, Buffer>()
  let isAway = false
  /** While this is set, reads wait for it. */
  let held: PromiseWithResolvers<void> | null = null
  let reads = 0
  const isSigned = ({ headers }: IncomingMessage): boolean =>
    /^AWS4-HMAC-SHA256 Credential=me\/\d{8}\/eu-1\/s3\/aws4_request/.test(
      headers.authorization ?? '',
    )
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const body = await buffer(request)
      const key = request.url ?? ''
      if (isAway) return void response.writeHead(403).end()
      if (!isSigned(request)) return void response.writeHead(401).end()
      if (request.method === 'PUT') {
        const sha256 = createHash('sha256').update(body).digest('hex')
        if (request.headers['x-amz-content-sha256'] !== sha256) {
          return void response.writeHead(400).end()
        }
        objects.set(key, body)
        return void response.end()
      }
      if (request.method === 'DELETE') {
        objects.delete(key)
        return void response.writeHead(204).end()
      }
      reads += 1
      await held?.promise
      const found = objects.get(key)
      if (!found) return void response.writeHead(404).end()
      const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
      if (start === undefined) return void response.end(found)
      response.writeHead(206).end(found.subarray(Number(start), Number(end) + 1))
    }
    answer().catch(() => response.destroy())
  })
  const { port } = await listenOnLoopback(server)
  return {
    endpoint: `http://127.0.0.1:${port}`,
    objects,
    /** Settings of a server that stores its files here. */
    env: {
      S3_ENDPOINT: `http://127.0.0.1:${port}`,
      S3_BUCKET: 'files',
      S3_REGION: 'eu-1',
      S3_ACCESS_KEY_ID: 'me',
      S3_SECRET_ACCESS_KEY: 'secret',
    },
    /** The number of reads. */
    reads: () => reads,
    leave: () => {
      isAway = true
    },
    comeBack: () => {
      isAway = false
    },
    /** Makes reads wait until the returned function is called. */
    hold: () => {
      held = Promise.withResolvers()
    },
    release: () => {
      held?.resolve()
      held = null
    },
    async [Symbol.asyncDispose]() {
      held?.resolve()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
