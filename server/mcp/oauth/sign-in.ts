import { createHash, randomBytes } from 'node:crypto'
import { auth } from '@modelcontextprotocol/client'
import type { OAuthDiscoveryState } from '@modelcontextprotocol/client'
import {
  insertMcpSignIn,
  listMcpSignIns,
  saveMcpLogin,
  takeMcpSignIn,
} from '../../../db/queries/mcp-logins.ts'
import type { UserId } from '../../../shared/contract/ids.ts'
import type { McpHttpConfig } from '../config.ts'
import { guardedFetch, isAllowedForSignIn } from './guarded-fetch.ts'
import { forgetClient } from './clients.ts'
import { SignInFlow } from './sign-in-flow.ts'
import type { Begun, SignInDeps } from './sign-in-flow.ts'

/** The longest time until a person comes back from the authorization server. */
const SIGN_IN_SECONDS = 15 * 60

/** A registration at an authorization server is forgotten at most this often. Milliseconds. */
const FORGET_MS = 60 * 60_000

/** The time when a registration was last forgotten, by server and authorization server, for each application. */
const forgottenAt = new WeakMap<object, Map<string, number>>()

const signInPurpose = (userId: UserId, stateHash: string) => `sign-in ${userId} ${stateHash}`

export const loginPurpose = (userId: UserId, server: string) => `login ${userId} ${server}`

/** Begins a sign-in at the authorization server of an MCP server. @returns where the person's browser is to go */
export async function beginSignIn(
  { db, sealing, clientName }: SignInDeps,
  { userId, config, redirectUrl }: { userId: UserId; config: McpHttpConfig; redirectUrl: string },
): Promise<URL> {
  await forgetAbandoned({ db, sealing }, userId, config)
  const state = randomBytes(32).toString('base64url')
  const flow = new SignInFlow({ db, sealing, clientName }, config, redirectUrl, state)
  const result = await auth(flow, { ...optionsOf(config), forceReauthorization: true })
  const { address, verifier, discovery } = flow
  if (result !== 'REDIRECT' || !address || !verifier || !discovery) {
    throw new Error('The authorization server asks nobody to sign in.')
  }
  if (!isAllowedForSignIn(address, config.url)) {
    throw new Error('The authorization server has no encrypted address.')
  }
  const stateHash = hashOf(state)
  const { client } = flow
  const begun: Begun = { verifier, discovery, redirectUrl, ...(client && { client }) }
  await insertMcpSignIn(db, userId, {
    ...{ stateHash, server: config.name, seconds: SIGN_IN_SECONDS },
    sealed: sealing.seal(begun, signInPurpose(userId, stateHash)),
  })
  return address
}

/**
 * An authorization server that has forgotten a registration says so on its own page, and the person never comes back. A
 * person who begins again before their last sign-in has ended is therefore registered anew. This is rate-limited,
 * because authorization servers limit registrations, and a registration is shared by all people.
 */
async function forgetAbandoned(
  { db, sealing }: Pick<SignInDeps, 'db' | 'sealing'>,
  userId: UserId,
  { name }: McpHttpConfig,
): Promise<void> {
  for (const { stateHash, sealed } of await listMcpSignIns(db, userId, name)) {
    // Sealed by this server for this purpose.
    const begun = sealing.open(sealed, signInPurpose(userId, stateHash)) as Begun | null
    if (!begun?.client || wasForgottenLately(sealing, begun, name)) continue
    await forgetClient({ db, sealing }, name, begun.client.client_id)
  }
}

/** Notes that a registration is forgotten, unless this node forgot one of this authorization server lately. */
function wasForgottenLately(sealing: object, { discovery }: Begun, server: string): boolean {
  const forgotten = forgottenAt.get(sealing) ?? new Map<string, number>()
  forgottenAt.set(sealing, forgotten)
  const place = `${server} ${discovery.authorizationServerUrl}`
  const last = forgotten.get(place)
  const now = performance.now()
  if (last !== undefined && now - last < FORGET_MS) return true
  forgotten.set(place, now)
  return false
}

/**
 * Ends a sign-in with the parameters of the callback, once.
 *
 * @returns the server; null when this person has begun no sign-in with this state, or has ended it already
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
  const begun = sealing.open(taken.sealed, signInPurpose(userId, stateHash)) as Begun | null
  if (!begun) return null
  const { name: server } = config
  if (back.has('error')) {
    // An error of another issuer says nothing about this one.
    const problem = isOtherIssuer(back, begun.discovery)
      ? 'The answer came from another authorization server.'
      : `The authorization server refused (${clean(back.get('error') ?? '')}).`
    return { server, problem }
  }
  const code = back.get('code')
  if (!code) return { server, problem: 'The authorization server gave no code.' }
  const flow = new SignInFlow(deps, config, begun.redirectUrl, null, begun)
  try {
    const iss = back.get('iss') ?? undefined
    await auth(flow, { ...optionsOf(config), authorizationCode: code, ...(iss && { iss }) })
  } catch (error) {
    // The error text of the other side may contain secrets that were sent to it.
    return { server, problem: `The sign-in did not succeed (${nameOf(error)}).` }
  }
  const { login } = flow
  if (!login) return { server, problem: 'The authorization server gave no token.' }
  await saveMcpLogin(db, userId, server, sealing.seal(login, loginPurpose(userId, server)))
  return { server, problem: null }
}

function optionsOf(config: McpHttpConfig) {
  const scope = config.oauth?.scope
  return { serverUrl: config.url, fetchFn: guardedFetch(config.url), ...(scope && { scope }) }
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
