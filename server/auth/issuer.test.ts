import { generateKeyPair } from 'jose'
import type { JWTPayload } from 'jose'
import { expect, test } from 'vitest'
import { sign, startIssuer } from '../testing/services/issuer.ts'
import type { IssuerKey } from '../testing/services/issuer.ts'
import { createTokenVerifier, IssuerAwayError, isJwt, TokenError } from './issuer.ts'

const now = () => Math.floor(Date.now() / 1000)

test('a token says who somebody is, for as long as it holds', async () => {
  await using issuer = await startIssuer()
  const key = await issuer.addKey('one')
  const verify = createTokenVerifier(issuer.settings)
  const exp = now() + 60
  const claims = {
    ...{ iss: issuer.issuer, aud: 'authenticated', sub: 'u-1', exp, role: 'authenticated' },
    ...{ email: 'ada@example.com', user_metadata: { full_name: 'Ada' } },
  }
  const token = await sign(claims, key)
  expect(isJwt(token)).toBe(true)
  expect(await verify(token)).toEqual({
    ...{ issuer: issuer.issuer, subject: 'u-1', name: 'Ada', email: 'ada@example.com' },
    expiresAt: (exp + 30) * 1000,
  })
  await verify(token)
  expect(issuer.asked).toBe(1)
  // A clock may be a little late.
  await verify(await sign({ ...claims, exp: now() - 20 }, key))
})

test('a key that is new is fetched, and one that was withdrawn is not used for long', async () => {
  await using issuer = await startIssuer()
  const first = await issuer.addKey('one')
  const verify = createTokenVerifier(issuer.settings, 0)
  const claims = { iss: issuer.issuer, aud: 'authenticated', sub: 'u', exp: now() + 60 }
  await verify(await sign(claims, first))
  issuer.withdraw()
  const second = await issuer.addKey('two', 'RS256')
  await verify(await sign(claims, second))
  await expect(sign(claims, first).then(verify)).rejects.toThrow(/does not publish/)
})

test('while the issuer is away its last keys count, and what needs newer ones is not refused for good', async () => {
  await using issuer = await startIssuer()
  const first = await issuer.addKey('one')
  // The keys are asked for with each token.
  const verify = createTokenVerifier(issuer.settings, 0, 0)
  const claims = { iss: issuer.issuer, aud: 'authenticated', sub: 'u', exp: now() + 60 }
  await verify(await sign(claims, first))
  issuer.leave()
  const asked = issuer.asked
  expect(await verify(await sign(claims, first))).toMatchObject({ subject: 'u' })
  expect(issuer.asked).toBe(asked + 1)
  await expect(sign({ ...claims, aud: 'x' }, first).then(verify)).rejects.toThrow(TokenError)
  const second = await issuer.addKey('two')
  await expect(sign(claims, second).then(verify)).rejects.toThrow(IssuerAwayError)
  const started = createTokenVerifier(issuer.settings, 60_000, 0)
  await expect(sign(claims, first).then(started)).rejects.toThrow(IssuerAwayError)
  const before = issuer.asked
  await expect(sign(claims, first).then(started)).rejects.toThrow(IssuerAwayError)
  expect(issuer.asked).toBe(before)
  issuer.comeBack()
  expect(await verify(await sign(claims, second))).toMatchObject({ subject: 'u' })
})

test('what is missing, over, for somebody else or signed otherwise is refused, with what is wrong', async () => {
  await using issuer = await startIssuer()
  const key = await issuer.addKey('one')
  const verify = createTokenVerifier(issuer.settings)
  const good = { iss: issuer.issuer, aud: 'authenticated', sub: 'u', exp: now() + 60 }
  const { exp: _exp, ...endless } = good
  const { sub: _sub, ...nameless } = good
  const wrong: [RegExp, Promise<string>][] = [
    [/expired/, sign({ ...good, exp: now() - 40 }, key)],
    [/"exp"/, sign(endless, key)],
    [/"sub"/, sign(nameless, key)],
    [/"aud"/, sign({ ...good, aud: 'another' }, key)],
    [/"iss"/, sign({ ...good, iss: 'https://evil.example.com' }, key)],
    [/"nbf"/, sign({ ...good, nbf: now() + 60 }, key)],
    [/anon key/, sign({ ...good, role: 'anon' }, key)],
    [/service_role key/, sign({ ...good, role: 'service_role' }, key)],
    [
      /shared secret \(HS256\)/,
      sign(good, { kid: 'one', alg: 'HS256', privateKey: new Uint8Array(32) }),
    ],
    [/in a way that is not accepted/, Promise.resolve(unsigned(good))],
    [/not valid/, sign(good, key).then((token) => `${token.slice(0, -8)}AAAAAAAA`)],
    [/does not publish/, sign(good, { ...(await startIssuerKey()), kid: 'unknown' })],
  ]
  for (const [reason, token] of wrong) await expect(token.then(verify)).rejects.toThrow(reason)
})

async function startIssuerKey(): Promise<IssuerKey> {
  return { kid: 'x', alg: 'ES256', privateKey: (await generateKeyPair('ES256')).privateKey }
}

function unsigned(claims: JWTPayload): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none' })}.${part(claims)}.`
}
