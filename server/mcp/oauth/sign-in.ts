import { createHash, randomBytes } from 'node:crypto'
import { auth } from '@modelcontextprotocol/client'
import type {
  OAuthClientInformationContext,
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client'
import {
  deleteMcpClients,
  insertMcpSignIn,
  readMcpClient,
  saveMcpClient,
  saveMcpLogin,
  takeMcpSignIn,
} from '../../../db/queries/mcp-logins.ts'
import type { Db } from '../../../db/engine/database.ts'
import type { UserId } from '../../../shared/contract/ids.ts'
import type { McpHttpConfig } from '../config.ts'
import { guardedFetch, isAllowedForSignIn } from './guarded-fetch.ts'
import type { Sealing } from './sealing.ts'

/** How long a person has to come back from the authorization server. */
const SIGN_IN_SECONDS = 15 * 60

/** What is kept of a login. */
export type Login = {
  tokens: StoredOAuthTokens
  /** Milliseconds since 1970; null when the server does not say. */
  expiresAt: number | null
  client: StoredOAuthClientInformation
  discovery: OAuthDiscoveryState
  resource: string | null
}

type Begun = { verifier: string; discovery: OAuthDiscoveryState; redirectUrl: string }

export type SignInDeps = { db: Db; sealing: Sealing; clientName: string }

export const loginPurpose = (userId: UserId, server: string) => `login ${userId} ${server}`

/** Begins a sign-in at the authorization server of an MCP server. @returns where the person's browser is to go */
export async function beginSignIn(
  { db, sealing, clientName }: SignInDeps,
  { userId, config, redirectUrl }: { userId: UserId; config: McpHttpConfig; redirectUrl: string },
): Promise<URL> {
  const state = randomBytes(32).toString('base64url')
  const flow = new Flow({ db, sealing, clientName }, config, redirectUrl, state)
  const result = await auth(flow, { ...optionsOf(config), forceReauthorization: true })
  const { address, verifier, discovery } = flow
  if (result !== 'REDIRECT' || !address || !verifier || !discovery) {
    throw new Error('The authorization server asks nobody to sign in.')
  }
  if (!isAllowedForSignIn(address, config.url)) {
    throw new Error('The authorization server has no encrypted address.')
  }
  const stateHash = hashOf(state)
  const begun: Begun = { verifier, discovery, redirectUrl }
  await insertMcpSignIn(db, userId, {
    ...{ stateHash, server: config.name, seconds: SIGN_IN_SECONDS },
    sealed: sealing.seal(begun, `sign-in ${userId} ${stateHash}`),
  })
  return address
}

/**
 * Ends a sign-in by what came back, once.
 *
 * @returns the server; null when this person has begun none with this state, or has ended it already
 */
export async function endSignIn(
  deps: SignInDeps,
  {
    userId,
    configs,
    back,
  }: { userId: UserId; configs: readonly McpHttpConfig[]; back: URLSearchParams },
): Promise<{ server: string; problem: string | null } | null> {
  const { db, sealing } = deps
  const stateHash = hashOf(back.get('state') ?? '')
  const taken = await takeMcpSignIn(db, userId, stateHash)
  const config = configs.find(({ name }) => name === taken?.server)
  if (!taken || !config) return null
  // Sealed by this server for this purpose.
  const begun = sealing.open(taken.sealed, `sign-in ${userId} ${stateHash}`) as Begun | null
  if (!begun) return null
  const { name: server } = config
  if (back.has('error')) {
    // An error of somebody else's server is no word about this one.
    const problem = isOtherIssuer(back, begun.discovery)
      ? 'The answer came from another authorization server.'
      : `The authorization server refused (${clean(back.get('error') ?? '')}).`
    return { server, problem }
  }
  const code = back.get('code')
  if (!code) return { server, problem: 'The authorization server gave no code.' }
  const flow = new Flow(deps, config, begun.redirectUrl, null, begun)
  try {
    const iss = back.get('iss') ?? undefined
    await auth(flow, { ...optionsOf(config), authorizationCode: code, ...(iss && { iss }) })
  } catch (error) {
    // What the other side said may have what it was sent in it.
    return { server, problem: `The sign-in did not succeed (${nameOf(error)}).` }
  }
  const { login } = flow
  if (!login) return { server, problem: 'The authorization server gave no token.' }
  await saveMcpLogin(db, userId, server, sealing.seal(login, loginPurpose(userId, server)))
  return { server, problem: null }
}

export function expiryOf({ expires_in: seconds }: StoredOAuthTokens): number | null {
  return seconds === undefined ? null : Date.now() + seconds * 1000
}

function optionsOf(config: McpHttpConfig) {
  const scope = config.oauth?.scope
  return { serverUrl: config.url, fetchFn: guardedFetch(config.url), ...(scope && { scope }) }
}

/** One sign-in, in the shape that the client library drives. */
class Flow implements OAuthClientProvider {
  readonly redirectUrl: string
  readonly #deps: SignInDeps
  readonly #config: McpHttpConfig
  readonly #state: string | null
  #client: StoredOAuthClientInformation | undefined
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
    if (!context) return this.#client
    const at = this.#registrationAt(context)
    const sealed = await readMcpClient(this.#deps.db, at)
    // Sealed by `saveClientInformation`.
    const known = sealed && this.#deps.sealing.open(sealed, purposeOf(at))
    this.#client = (known || undefined) as StoredOAuthClientInformation | undefined
    return this.#client
  }

  async saveClientInformation(
    client: StoredOAuthClientInformation,
    context?: OAuthClientInformationContext,
  ): Promise<void> {
    this.#client = client
    if (!context || this.#config.oauth?.clientId) return
    const at = this.#registrationAt(context)
    await saveMcpClient(this.#deps.db, at, this.#deps.sealing.seal(client, purposeOf(at)))
  }

  /** The authorization server does not know this server any more: it is registered anew. */
  async invalidateCredentials(scope: string): Promise<void> {
    if (scope !== 'client' && scope !== 'all') return
    this.#client = undefined
    await deleteMcpClients(this.#deps.db, this.#config.name)
  }

  /** Each sign-in asks for new ones. */
  tokens(): undefined {
    return undefined
  }

  saveTokens(tokens: StoredOAuthTokens): void {
    if (!this.#client || !this.discovery) return
    this.login = {
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

function purposeOf(at: { server: string; issuer: string; redirectUrl: string }): string {
  return `client ${at.server} ${at.issuer} ${at.redirectUrl}`
}

function isOtherIssuer(back: URLSearchParams, discovery: OAuthDiscoveryState): boolean {
  const said = back.get('iss')
  const known = discovery.authorizationServerMetadata?.issuer ?? discovery.authorizationServerUrl
  return said !== null && said !== known
}

function hashOf(state: string): string {
  return createHash('sha256').update(state).digest('hex')
}

function nameOf(error: unknown): string {
  return error instanceof Error ? clean(error.name) : 'Error'
}

function clean(text: string): string {
  return text.replaceAll(/[^\w. -]/g, '').slice(0, 60)
}
