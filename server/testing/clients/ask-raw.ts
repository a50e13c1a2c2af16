import { once } from 'node:events'
import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'

type Asked = { method?: string; headers?: Record<string, string>; body?: string }

/**
 * Requests a path exactly as it is written, with the headers of a browser: `fetch` would normalise the path and drop
 * the headers.
 */
export async function askRaw(
  url: string,
  path: string,
  { method = 'GET', headers, body }: Asked = {},
): Promise<{ status: number; location: string | undefined }> {
  const { hostname, port } = new URL(url)
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  const asked = request({ hostname, port, path, method, headers: { ...type, ...headers } })
  asked.end(body)
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  answer.resume()
  return { status: answer.statusCode ?? 0, location: answer.headers.location }
}
