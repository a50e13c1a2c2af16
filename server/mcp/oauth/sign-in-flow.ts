import { randomUUID } from 'node:crypto'
import type {
  OAuthClientInformationContext,
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client'
import type { Db } from '../../../db/engine/database.ts'
import type { McpHttpConfig } from '../config.ts'
import { forgetClient, readClient, saveClient } from './clients.ts'
import type { Sealing } from './sealing.ts'

/** A stored login. */
export type Login = {
  /** Stays when the tokens are renewed; absent in a login of a version before it. */
  id?: string
  tokens: StoredOAuthTokens
  /** Milliseconds since 1970; null when the server does not say. */
  expiresAt: number | null
  client: StoredOAuthClientInformation
  discovery: OAuthDiscoveryState
  resource: string | null
}

/** The stored state of a sign-in until its end. */
export type Begun = {
  verifier: string
  discovery: OAuthDiscoveryState
  redirectUrl: string
  /** The registration with which it began; absent when the operator has registered this server. */
  client?: StoredOAuthClientInformation
}

export type SignInDeps = { db: Db; sealing: Sealing; clientName: string }

/** One sign-in, in the shape that the client library drives. */
export class SignInFlow implements OAuthClientProvider {
  readonly redirectUrl: string
  readonly #deps: SignInDeps
  readonly #config: McpHttpConfig
  readonly #state: string | null
  #client: StoredOAuthClientInformation | undefined
  readonly #hasClient: boolean
  #resource: string | null = null
  address: URL | null = null
  verifier: string | null
  discovery: OAuthDiscoveryState | null
  login: Login | null = null

  constructor(
    deps: SignInDeps,
    config: McpHttpConfig,
    redirectUrl: string,
    state: string | null,
    begun: Begun | null = null,
  ) {
    this.#deps = deps
    this.#config = config
    this.redirectUrl = redirectUrl
    this.#state = state
    this.verifier = begun?.verifier ?? null
    this.discovery = begun?.discovery ?? null
    this.#client = begun?.client
    this.#hasClient = begun?.client !== undefined
  }

  /** The new registration of this server; absent when the operator has registered it. */
  get client(): StoredOAuthClientInformation | undefined {
    return this.#config.oauth?.clientId ? undefined : this.#client
  }

  get clientMetadata() {
    return {
      client_name: this.#deps.clientName,
      redirect_uris: [this.redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: this.#config.oauth?.clientSecret ? 'client_secret_basic' : 'none',
    }
  }

  state(): string {
    return this.#state ?? ''
  }

  async clientInformation(context?: OAuthClientInformationContext) {
    const { clientId, clientSecret } = this.#config.oauth ?? {}
    if (clientId) {
      this.#client = {
        ...{ client_id: clientId, ...(clientSecret && { client_secret: clientSecret }) },
        ...(context && { issuer: context.issuer }),
      }
      return this.#client
    }
    // A code is good for whom it was given to.
    if (!context || this.#hasClient) return this.#client
    this.#client = await readClient(this.#deps, this.#registrationAt(context))
    return this.#client
  }

  async saveClientInformation(
    client: StoredOAuthClientInformation,
    context?: OAuthClientInformationContext,
  ): Promise<void> {
    this.#client = client
    if (!context || this.#config.oauth?.clientId) return
    await saveClient(this.#deps, this.#registrationAt(context), client)
  }

  /** The authorization server does not know this server any more: it is registered anew. */
  async invalidateCredentials(scope: string): Promise<void> {
    if (scope !== 'client' && scope !== 'all') return
    if (this.#client) await forgetClient(this.#deps, this.#config.name, this.#client.client_id)
    this.#client = undefined
  }

  /** Each sign-in requests new ones. */
  tokens(): undefined {
    return undefined
  }

  saveTokens(tokens: StoredOAuthTokens): void {
    if (!this.#client || !this.discovery) return
    this.login = {
      id: randomUUID(),
      ...{ tokens, expiresAt: expiryOf(tokens) },
      ...{ client: this.#client, discovery: this.discovery, resource: this.#resource },
    }
  }

  redirectToAuthorization(address: URL): void {
    this.address = address
  }

  saveCodeVerifier(verifier: string): void {
    this.verifier = verifier
  }

  codeVerifier(): string {
    return this.verifier ?? ''
  }

  saveDiscoveryState(discovery: OAuthDiscoveryState): void {
    this.discovery = discovery
  }

  discoveryState(): OAuthDiscoveryState | undefined {
    return this.discovery ?? undefined
  }

  saveResourceUrl(resource: string): void {
    this.#resource = resource
  }

  #registrationAt({ issuer }: OAuthClientInformationContext) {
    return { server: this.#config.name, issuer, redirectUrl: this.redirectUrl }
  }
}

export function expiryOf({ expires_in: seconds }: StoredOAuthTokens): number | null {
  return seconds === undefined ? null : Date.now() + seconds * 1000
}
