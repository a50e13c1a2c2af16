import { SignJWT, exportJWK, generateKeyPair } from 'jose'
import type { CryptoKey } from 'jose'
import type { Identity } from './openid-provider.ts'
import { challengeOf } from './openid-provider.ts'

const CLIENT = { id: 'client', secret: 'a secret of the client' }

/** A code that was issued, with the values that the client has to send with it. */
type Code = { challenge: string | null; redirectUri: string; identity: Identity }

/**
 * The parts of GitHub and Google that signing in uses. The library has their addresses built in, so this intercepts the
 * requests of the process to them. Everybody is signed in as the configured identity, without asking. A code is valid
 * once, for its client, address and PKCE challenge (RFC 7636).
 */
export async function openSocialProviders() {
  const { publicKey, privateKey } = await generateKeyPair('RS256')
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }
  const codes = new Map<string, Code>()
  const tokens = new Map<string, Identity>()
  let identity: Identity | null = null

  /** The address to which the provider redirects a browser; with an error when the person refuses. */
  function authorize(address: string): URL {
    const { searchParams: asked } = new URL(address)
    const redirectUri = asked.get('redirect_uri') ?? ''
    const back = new URL(redirectUri)
    back.searchParams.set('state', asked.get('state') ?? '')
    if (identity) {
      const code = crypto.randomUUID()
      codes.set(code, { redirectUri, identity, challenge: asked.get('code_challenge') })
      back.searchParams.set('code', code)
    } else {
      back.searchParams.set('error', 'access_denied')
      back.searchParams.set('error_description', 'The person said <no>.')
    }
    return back
  }

  async function redeem(request: Request): Promise<Identity | null> {
    const form = new URLSearchParams(await request.text())
    const code = codes.get(form.get('code') ?? '')
    codes.delete(form.get('code') ?? '')
    const verifier = form.get('code_verifier') ?? ''
    const isRight =
      form.get('client_id') === CLIENT.id &&
      form.get('client_secret') === CLIENT.secret &&
      form.get('redirect_uri') === code?.redirectUri &&
      (code.challenge === null || code.challenge === (await challengeOf(verifier)))
    return isRight && code ? code.identity : null
  }

  /** Google's ID token for one audience. */
  async function idToken(of: Identity, audience = CLIENT.id, key: CryptoKey = privateKey) {
    return new SignJWT({ ...of })
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .setIssuer('https://accounts.google.com')
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime('5 minutes')
      .sign(key)
  }

  async function answer(request: Request): Promise<Response | null> {
    const { host, pathname } = new URL(request.url)
    switch (host + pathname) {
      case 'github.com/login/oauth/access_token': {
        const found = await redeem(request)
        // GitHub reports this error with status 200.
        return Response.json(found ? granted(found) : { error: 'bad_verification_code' })
      }
      case 'api.github.com/user': {
        const found = tokens.get(tokenOf(request))
        if (!found) return Response.json({ message: 'Bad credentials' }, { status: 401 })
        // A person without a public address has it only in the list of all addresses.
        return Response.json({ id: found.sub, login: found.name.toLowerCase(), name: found.name })
      }
      case 'api.github.com/user/emails': {
        const found = tokens.get(tokenOf(request))
        const { email, email_verified: verified } = found ?? { email: '', email_verified: false }
        return Response.json([{ email, verified, primary: true }])
      }
      case 'oauth2.googleapis.com/token': {
        const found = await redeem(request)
        if (!found) return Response.json({ error: 'invalid_grant' }, { status: 400 })
        return Response.json({ ...granted(found), id_token: await idToken(found) })
      }
      case 'www.googleapis.com/oauth2/v3/certs':
        return Response.json({ keys: [jwk] })
      default:
        return null
    }
  }

  function granted(to: Identity): object {
    const token = crypto.randomUUID()
    tokens.set(token, to)
    return { access_token: token, token_type: 'bearer', expires_in: 300 }
  }

  const original = globalThis.fetch
  globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    return (await answer(request)) ?? original(input, init)
  }

  return {
    env: {
      GITHUB_CLIENT_ID: CLIENT.id,
      GITHUB_CLIENT_SECRET: CLIENT.secret,
      GOOGLE_CLIENT_ID: CLIENT.id,
      GOOGLE_CLIENT_SECRET: CLIENT.secret,
    },
    authorize,
    /** All tokens that were issued. */
    get granted(): string[] {
      return [...tokens.keys()]
    },
    idToken,
    /** With null the person refuses. */
    signInAs(next: Identity | null): void {
      identity = next
    },
    [Symbol.dispose]: () => {
      globalThis.fetch = original
    },
  }
}

function tokenOf({ headers }: Request): string {
  return (headers.get('authorization') ?? '').replace(/^Bearer /, '')
}
