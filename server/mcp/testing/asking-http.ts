import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { McpHttpConfig } from '../config.ts'
import { askingServer } from './asking.ts'
import type { Message } from './asking.ts'

type Code = { challenge: string; redirectUri: string; clientId: string; person: string }

/** Faults that a test can switch on. */
type Mischief = {
  /** The `iss` that comes back. */
  iss?: string
  /** The token endpoint in the metadata. */
  tokenEndpoint?: string
  /** In its metadata. */
  issuer?: string
  /** More fields of the tool `plain`, by the person at this server who lists it. */
  plain?: Record<string, object>
  /** The next refusal of a token waits for this. */
  refusing?: Promise<void>
  /** Registrations wait for this. */
  registering?: () => Promise<void>
  /** When the secret of a registration ends; seconds since 1970. */
  secretEnds?: number
  /** The HTTP status that answers the next poll of a task in place of the server; `silence` answers nothing. */
  nextLook?: number | 'silence'
}

/**
 * The asking server over streamable HTTP, with an authorization server of its own: discovery, registration, PKCE, codes
 * for one use, refresh tokens for one use, revocation.
 */
export async function askingOverHttp({ oauth = false, mischief = {} as Mischief } = {}) {
  const notes: string[] = []
  const { take, finish, forget } = askingServer((what) => notes.push(what))
  const codes = new Map<string, Code>()
  const access = new Map<string, string>()
  const refresh = new Map<string, { person: string; client: string }>()
  const clients = new Set<string>()
  const counts = { registered: 0, renewed: 0, revoked: 0 }
  const seconds = { access: 3600 }
  let origin = ''

  const json = (response: ServerResponse, status: number, body: unknown, headers = {}) =>
    response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify(body))

  const give = (response: ServerResponse, person: string, client: string) => {
    const token = `access-${randomBytes(8).toString('hex')}`
    const again = `refresh-${randomBytes(8).toString('hex')}`
    access.set(token, person)
    refresh.set(again, { person, client })
    json(response, 200, {
      ...{ access_token: token, token_type: 'Bearer', expires_in: seconds.access },
      ...{ refresh_token: again },
    })
  }

  async function authorize(request: IncomingMessage, response: ServerResponse, url: URL) {
    const body = request.method === 'POST' ? await text(request) : ''
    const form = new URLSearchParams(body)
    switch (url.pathname) {
      case '/.well-known/oauth-protected-resource/mcp':
        return json(response, 200, {
          ...{ resource: `${origin}/mcp`, authorization_servers: [origin] },
        })
      case '/.well-known/oauth-authorization-server':
        return json(response, 200, {
          issuer: mischief.issuer ?? origin,
          authorization_endpoint: `${origin}/authorize`,
          token_endpoint: mischief.tokenEndpoint ?? `${origin}/token`,
          registration_endpoint: `${origin}/register`,
          revocation_endpoint: `${origin}/revoke`,
          response_types_supported: ['code'],
          code_challenge_methods_supported: ['S256'],
          token_endpoint_auth_methods_supported: ['none'],
          authorization_response_iss_parameter_supported: true,
        })
      case '/register': {
        counts.registered += 1
        const id = `client-${counts.registered}`
        clients.add(id)
        await mischief.registering?.()
        const { secretEnds: end } = mischief
        const secret = end && { client_secret: 's3cret', client_secret_expires_at: end }
        return json(response, 201, { ...JSON.parse(body), client_id: id, ...secret })
      }
      case '/token': {
        const client = form.get('client_id') ?? ''
        if (!clients.has(client)) return json(response, 401, { error: 'invalid_client' })
        if (form.get('grant_type') === 'refresh_token') {
          const known = refresh.get(form.get('refresh_token') ?? '')
          refresh.delete(form.get('refresh_token') ?? '')
          if (known?.client !== client) return json(response, 400, { error: 'invalid_grant' })
          counts.renewed += 1
          return give(response, known.person, client)
        }
        const code = codes.get(form.get('code') ?? '')
        codes.delete(form.get('code') ?? '')
        const verifier = createHash('sha256').update(form.get('code_verifier') ?? '')
        const isRight =
          code?.challenge === verifier.digest('base64url') &&
          code.redirectUri === form.get('redirect_uri') &&
          code.clientId === client
        return isRight
          ? give(response, code.person, client)
          : json(response, 400, { error: 'invalid_grant' })
      }
      case '/revoke':
        counts.revoked += 1
        access.delete(form.get('token') ?? '')
        refresh.delete(form.get('token') ?? '')
        return response.writeHead(200).end()
      default:
        return response.writeHead(404).end()
    }
  }

  const described = (said: Record<string, unknown>, person: string) => {
    const { tools } = said['result'] as { tools: { name: string }[] }
    const own = mischief.plain?.[person]
    const listed = tools.map((tool) => (tool.name === 'plain' ? { ...tool, ...own } : tool))
    return { ...said, result: { tools: listed } }
  }

  const server = createServer((request, response) => {
    void (async () => {
      const url = new URL(request.url ?? '/', origin)
      if (url.pathname !== '/mcp') return authorize(request, response, url)
      const token = request.headers.authorization?.replace('Bearer ', '')
      const person = oauth ? access.get(token ?? '') : 'anybody'
      if (!person) {
        const { refusing } = mischief
        delete mischief.refusing
        await refusing
        const metadata = `${origin}/.well-known/oauth-protected-resource/mcp`
        return json(
          response,
          401,
          {},
          { 'www-authenticate': `Bearer resource_metadata="${metadata}"` },
        )
      }
      if (request.method !== 'POST') return response.writeHead(405).end()
      const message: Message = JSON.parse(await text(request))
      if (message.id === undefined || message.method === undefined) {
        void take(message, () => undefined)
        return response.writeHead(202).end()
      }
      if (message.method === 'tasks/get') {
        notes.push('look')
        const { nextLook: status } = mischief
        delete mischief.nextLook
        if (status === 'silence') {
          return response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
        }
        if (status !== undefined) return response.writeHead(status).end()
      }
      if (message.method === 'tools/call') notes.push(`for ${person}`)
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      await take(message, (said) => {
        const told = message.method === 'tools/list' ? described(said, person) : said
        response.write(`event: message\ndata: ${JSON.stringify(told)}\n\n`)
        if (said['id'] === message.id) response.end()
      })
    })()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  origin = `http://127.0.0.1:${port}`

  /** Approves as a person at the authorization server. Returns the address to which the browser is redirected. */
  function approve(address: URL, person = 'ada'): URL {
    const asked = address.searchParams
    const clientId = asked.get('client_id') ?? ''
    if (address.origin !== origin || !clients.has(clientId)) throw new Error('not to be approved')
    const code = randomBytes(8).toString('hex')
    codes.set(code, {
      ...{ challenge: asked.get('code_challenge') ?? '', clientId, person },
      redirectUri: asked.get('redirect_uri') ?? '',
    })
    const back = new URL(asked.get('redirect_uri') ?? '')
    back.searchParams.set('code', code)
    back.searchParams.set('state', asked.get('state') ?? '')
    back.searchParams.set('iss', mischief.iss ?? origin)
    return back
  }

  const config: McpHttpConfig = {
    ...{ name: 'remote', approval: 'never', kind: 'http', url: `${origin}/mcp`, headers: {} },
    ...(oauth && { oauth: {} }),
  }
  return {
    ...{ config, origin, notes, counts, seconds, approve, mischief, finish, forget },
    /** Nothing answers at its address, until the returned function is called. */
    leave: async () => {
      server.closeAllConnections()
      await once(server.close(), 'close')
      return () => once(server.listen(port, '127.0.0.1'), 'listening')
    },
    /** Makes the server forget who has which token. */
    expire: () => access.clear(),
    forgetClients: () => clients.clear(),
    forgetAll: () => (access.clear(), refresh.clear()),
    secrets: () => [...access.keys(), ...refresh.keys()],
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
