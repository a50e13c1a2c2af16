import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { SignJWT, exportJWK, generateKeyPair } from 'jose'
import { listenOnLoopback } from '../../../scripts/testing/loopback.ts'

/** The person as whom the provider signs somebody in. */
export type Identity = { sub: string; name: string; email: string; email_verified: boolean }

/**
 * An OpenID Connect provider on loopback that signs everybody in as the configured identity, without asking. It accepts
 * each code once, with PKCE (RFC 7636) and a nonce.
 */
export async function startOpenIdProvider() {
  const { publicKey, privateKey } = await generateKeyPair('RS256')
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }
  const codes = new Map<string, { nonce: string | null; challenge: string | null }>()
  let identity: Identity | null = null
  let issuer = ''

  async function answer(request: IncomingMessage, url: URL): Promise<Reply> {
    switch (url.pathname) {
      case '/.well-known/openid-configuration':
        return {
          body: {
            issuer,
            authorization_endpoint: `${issuer}/authorize`,
            token_endpoint: `${issuer}/token`,
            userinfo_endpoint: `${issuer}/userinfo`,
            jwks_uri: `${issuer}/jwks`,
            id_token_signing_alg_values_supported: ['RS256'],
            response_types_supported: ['code'],
            subject_types_supported: ['public'],
          },
        }
      case '/jwks':
        return { body: { keys: [jwk] } }
      case '/authorize': {
        const { searchParams: asked } = url
        const back = new URL(asked.get('redirect_uri') ?? '')
        back.searchParams.set('state', asked.get('state') ?? '')
        if (identity) {
          const code = crypto.randomUUID()
          codes.set(code, { nonce: asked.get('nonce'), challenge: asked.get('code_challenge') })
          back.searchParams.set('code', code)
        } else {
          back.searchParams.set('error', 'access_denied')
        }
        return { location: back.href }
      }
      case '/token': {
        const form = new URLSearchParams(await textOf(request))
        const known = codes.get(form.get('code') ?? '')
        codes.delete(form.get('code') ?? '')
        const verifier = form.get('code_verifier') ?? ''
        if (!known || !identity || known.challenge !== (await challengeOf(verifier))) {
          return { status: 400, body: { error: 'invalid_grant' } }
        }
        const idToken = await new SignJWT({
          ...identity,
          ...(known.nonce !== null && { nonce: known.nonce }),
        })
          .setProtectedHeader({ alg: 'RS256', kid: 'one' })
          .setIssuer(issuer)
          .setAudience('client')
          .setIssuedAt()
          .setExpirationTime('5 minutes')
          .sign(privateKey)
        const body = { access_token: 'access', token_type: 'Bearer', expires_in: 300 }
        return { body: { ...body, id_token: idToken } }
      }
      case '/userinfo':
        return { body: identity ?? {} }
      default:
        return { status: 404, body: {} }
    }
  }

  const server = createServer((request, response) => {
    void answer(request, new URL(request.url ?? '/', issuer)).then(
      ({ status = 200, body, location }) => {
        if (location !== undefined) return response.writeHead(302, { location }).end()
        return response
          .writeHead(status, { 'content-type': 'application/json' })
          .end(JSON.stringify(body))
      },
    )
  })
  ;({ url: issuer } = await listenOnLoopback(server))
  return {
    env: {
      OIDC_ISSUER: issuer,
      OIDC_CLIENT_ID: 'client',
      OIDC_CLIENT_SECRET: 'a secret of the client',
      OIDC_NAME: 'Acme',
    },
    /** Null refuses everybody. */
    signInAs(next: Identity | null): void {
      identity = next
    },
    [Symbol.asyncDispose]: async () => void server.close(),
  }
}

type Reply = { status?: number; body?: object; location?: string }

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

/** The PKCE challenge of a verifier (S256). */
export async function challengeOf(verifier: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', Buffer.from(verifier))
  return Buffer.from(hash).toString('base64url')
}
