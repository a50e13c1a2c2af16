import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { McpHttpConfig } from '../config.ts'
import { modernHandler } from './modern.ts'

type Mischief = {
  /** Changes results, by the method. */
  results?: Record<string, (result: object) => object>
}

/** The server of the newest revision over HTTP, which knows no earlier one. */
export async function modernOverHttp({ results = {} }: Mischief = {}) {
  const notes: string[] = []
  const handler = modernHandler((what) => notes.push(what))
  const server = createServer((request, response) => {
    void (async () => {
      const headers = new Headers()
      for (const [name, value] of Object.entries(request.headers)) headers.set(name, String(value))
      const place = headers.get('mcp-param-place')
      if (place !== null) notes.push(`header ${place}`)
      const { method } = request
      const said = await text(request)
      const body = method === 'POST' ? { body: said } : {}
      const address = new URL('/mcp', 'http://localhost')
      const left = new AbortController()
      response.once('close', () => left.abort())
      const answer = await handler.fetch(
        new Request(address, { method: method ?? 'GET', headers, signal: left.signal, ...body }),
      )
      response.writeHead(answer.status, Object.fromEntries(answer.headers)).flushHeaders()
      const change = method === 'POST' ? results[JSON.parse(said).method] : undefined
      if (change) {
        const changed = (await answer.text()).replace(/\{.*"result".*\}/, (message) => {
          const read = JSON.parse(message)
          return JSON.stringify({ ...read, result: change(read.result) })
        })
        response.end(changed)
        return
      }
      for await (const piece of answer.body ?? []) response.write(piece)
      response.end()
    })().catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}/mcp`
  const config: McpHttpConfig = {
    ...{ name: 'modern', approval: 'never', kind: 'http', url, headers: {} },
  }
  return {
    ...{ config, notes, notify: handler.notify },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
