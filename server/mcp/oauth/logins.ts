import { setTimeout as delay } from 'node:timers/promises'
import { OAuthError, refreshAuthorization } from '@modelcontextprotocol/client'
import { z } from 'zod'
import {
  claimMcpRenewal,
  deleteMcpLogin,
  listMcpLogins,
  readMcpLogin,
  releaseMcpRenewal,
  replaceMcpLogin,
} from '../../../db/queries/mcp-logins.ts'
import type { UserId } from '../../../shared/contract/ids.ts'
import type { McpHttpConfig } from '../config.ts'
import { guardedFetch } from './guarded-fetch.ts'
import { forgetClient } from './clients.ts'
import { beginSignIn, endSignIn, loginPurpose } from './sign-in.ts'
import { expiryOf } from './sign-in-flow.ts'
import type { Login, SignInDeps } from './sign-in-flow.ts'

/** A token that ends this soon is renewed before it is used. */
const EARLY_MS = 30_000
/** The lease of the node that renews a login. */
const RENEWAL_SECONDS = 20
/** The interval of polls until another node has renewed it. */
const LOOK_MS = 200

/** OpenID's metadata has it too, though not by its specification. */
const Revocation = z.object({ revocation_endpoint: z.url() })

/** The person is not signed in any more. */
export class SignedOutError extends Error {
  constructor(server: string) {
    super(`The MCP server "${server}" asks you to sign in.`)
    this.name = 'SignedOutError'
  }
}

/** The logins of people at MCP servers, sealed in the database. No token leaves this but in requests to its server. */
export class McpLogins {
  readonly #deps: SignInDeps

  constructor(deps: SignInDeps) {
    this.#deps = deps
  }

  /** The servers that a person is signed in to, each with the id of the login: another account has another. */
  async of(userId: UserId): Promise<Map<string, string>> {
    const rows = await listMcpLogins(this.#deps.db, userId)
    return new Map(
      rows.flatMap(({ server, sealed }) => {
        const login = this.#open(sealed, userId, server)
        return login ? [[server, idOf(login)] as const] : []
      }),
    )
  }

  begin(at: Parameters<typeof beginSignIn>[1]): Promise<URL> {
    return beginSignIn(this.#deps, at)
  }

  end(at: Parameters<typeof endSignIn>[1]): ReturnType<typeof endSignIn> {
    return endSignIn(this.#deps, at)
  }

  /**
   * The token for the next request.
   *
   * @param of.loginId the login that is meant; any when left out
   * @param of.rejected a token that the server rejected, whatever its expiry
   * @throws {SignedOutError} when there is no login any more, or the person has signed in anew
   */
  async token(
    userId: UserId,
    config: McpHttpConfig,
    { loginId, rejected }: { loginId?: string; rejected?: string } = {},
  ): Promise<string> {
    const { db } = this.#deps
    const until = Date.now() + RENEWAL_SECONDS * 1000
    // A token that was just renewed is used, however short its lifetime.
    let first: string | null = null
    for (;;) {
      const sealed = await readMcpLogin(db, userId, config.name)
      const login = sealed === null ? null : this.#open(sealed, userId, config.name)
      if (!sealed || !login) throw new SignedOutError(config.name)
      if (loginId !== undefined && idOf(login) !== loginId) throw new SignedOutError(config.name)
      const { access_token: token } = login.tokens
      first ??= token
      const isFresh = token !== first
      const isGood =
        token !== rejected &&
        (isFresh || login.expiresAt === null || login.expiresAt - EARLY_MS > Date.now())
      if (isGood) return token
      if (!login.tokens.refresh_token) {
        // An expired token may be valid for some seconds more, but a rejected one is not.
        if (token !== rejected && (login.expiresAt ?? 0) > Date.now()) return token
        await deleteMcpLogin(db, userId, config.name, sealed)
        throw new SignedOutError(config.name)
      }
      const claim = { server: config.name, before: sealed, seconds: RENEWAL_SECONDS }
      if (await claimMcpRenewal(db, userId, claim)) {
        await this.#renew(userId, config, login, sealed)
      } else if (Date.now() > until) {
        throw new Error(`The login at the MCP server "${config.name}" could not be renewed.`)
      } else {
        await delay(LOOK_MS)
      }
    }
  }

  /** Ends a login here, and at the authorization server if it supports that. */
  async signOut(userId: UserId, config: McpHttpConfig): Promise<void> {
    const sealed = await deleteMcpLogin(this.#deps.db, userId, config.name)
    const login = sealed === null ? null : this.#open(sealed, userId, config.name)
    const metadata = Revocation.safeParse(login?.discovery.authorizationServerMetadata)
    if (!login || !metadata.success) return
    const endpoint = metadata.data.revocation_endpoint
    const { refresh_token: refresh, access_token: access } = login.tokens
    const { client_id: id, client_secret: secret } = login.client
    for (const [token, hint] of [
      [refresh, 'refresh_token'],
      [access, 'access_token'],
    ] as const) {
      if (!token) continue
      const body = new URLSearchParams({ token, token_type_hint: hint, client_id: id })
      const basic = Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret ?? '')}`)
      await guardedFetch(config.url)(endpoint, {
        ...{ method: 'POST', body },
        ...(secret && { headers: { authorization: `Basic ${basic.toString('base64')}` } }),
      }).catch(() => undefined)
    }
  }

  async #renew(userId: UserId, config: McpHttpConfig, login: Login, before: string): Promise<void> {
    const { db, sealing } = this.#deps
    const { discovery, client, resource, tokens } = login
    const { authorizationServerMetadata: metadata } = discovery
    try {
      const renewed = await refreshAuthorization(discovery.authorizationServerUrl, {
        ...(metadata && { metadata }),
        clientInformation: client,
        refreshToken: tokens.refresh_token ?? '',
        ...(resource && { resource }),
        fetchFn: guardedFetch(config.url),
      })
      const next = { ...tokens, ...renewed }
      const kept: Login = { ...login, tokens: next, expiresAt: expiryOf(renewed) }
      const sealed = sealing.seal(kept, loginPurpose(userId, config.name))
      await replaceMcpLogin(db, userId, config.name, { before, sealed })
    } catch (error) {
      if (error instanceof OAuthError && isFinal(error)) {
        await deleteMcpLogin(db, userId, config.name, before)
        if (isOfClient(error)) await forgetClient({ db, sealing }, config.name, client.client_id)
        return
      }
      await releaseMcpRenewal(db, userId, config.name, before)
      throw new Error(`The login at the MCP server "${config.name}" could not be renewed.`)
    }
  }

  #open(sealed: string, userId: UserId, server: string): Login | null {
    // Sealed by this server for this purpose.
    return this.#deps.sealing.open(sealed, loginPurpose(userId, server)) as Login | null
  }
}

/** Empty for a login of a version that gave none. */
function idOf({ id = '' }: Login): string {
  return id
}

/** The authorization server will not take this login ever again. */
function isFinal(error: OAuthError): boolean {
  return String(error.code) === 'invalid_grant' || isOfClient(error)
}

/** True when the authorization server does not know this server's registration. */
function isOfClient({ code }: OAuthError): boolean {
  return /^(?:invalid_client|unauthorized_client)$/.test(String(code))
}
