import { createServer } from 'node:http'
import { SignJWT, exportJWK, generateKeyPair } from 'jose'
import type { CryptoKey, JWK, JWTPayload } from 'jose'
import { listenOnLoopback } from '../../../scripts/testing/loopback.ts'

/** An issuer of tokens on loopback, in the form of a Supabase project. */
export async function startIssuer() {
  const published: JWK[] = []
  let asked = 0
  let isAway = false
  const server = createServer((_request, response) => {
    asked += 1
    if (isAway) return void response.writeHead(503).end()
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ keys: published }))
  })
  const { url } = await listenOnLoopback(server)
  return {
    url,
    issuer: `${url}/auth/v1`,
    settings: { jwksUrl: `${url}/jwks.json`, name: `${url}/auth/v1`, audience: 'authenticated' },
    get asked() {
      return asked
    },
    async addKey(kid: string, alg = 'ES256') {
      const { publicKey, privateKey } = await generateKeyPair(alg)
      published.push({ ...(await exportJWK(publicKey)), kid, alg, use: 'sig' })
      return { kid, alg, privateKey }
    },
    leave: () => {
      isAway = true
    },
    comeBack: () => {
      isAway = false
    },
    withdraw: () => void published.splice(0),
    [Symbol.asyncDispose]: async () => void server.close(),
  }
}

/** A key with which the issuer signs. */
export type IssuerKey = { kid: string; alg: string; privateKey: CryptoKey | Uint8Array }

export function sign(claims: JWTPayload, { kid, alg, privateKey }: IssuerKey): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg, kid }).sign(privateKey)
}
