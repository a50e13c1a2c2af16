import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { LinkAnswer as Answer } from './accept-link.ts'
import { LinkAnswer, LINK_REFUSAL } from './accept-link.ts'
import { problemOfFields } from './account-fields.ts'
import { ADDRESS_HEADER } from './address-header.ts'
import { countSignIn } from './sign-in-limits.ts'
import type { SignInLimits } from './sign-in-limits.ts'

export type AuthRoutesOptions = {
  /** The address that browsers use, without a slash at its end. */
  baseUrl(): string
  handle(request: Request): Promise<Response>
  accept(kind: 'setup' | 'invite', answer: Answer, address: string): Promise<boolean>
  clientAddress(request: IncomingMessage): string
  /** The person of a request's login; null for nobody. */
  personOf(request: IncomingMessage): Promise<string | null>
  /** The cookies of a request that the library gets. */
  cookiesOf(request: IncomingMessage): Promise<string | undefined>
  /** Called after each answer that may have ended a login, or changed its person. */
  onChange(): void
  bodyBytes: number
  /** Absent when signing in has no limits. */
  limits(): SignInLimits | null
}

/** Routes that end logins, or may. */
const ENDS_LOGINS =
  /\/(sign-out|revoke-|change-password|reset-password|sign-in|sign-up|verify-email|callback)/

/**
 * The sign-in library below `/api/auth`, and the links that make an account. Bodies are passed on unchanged, so that
 * forms work as well as JSON.
 */
export function authRoutes(options: AuthRoutesOptions) {
  return async function plugin(app: FastifyInstance): Promise<void> {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    for (const kind of ['setup', 'invite'] as const) {
      app.post(`/api/auth/${kind}`, { bodyLimit: options.bodyBytes }, async (request, reply) => {
        await count(options, request)
        const answer = LinkAnswer.safeParse(readBody(request))
        if (!answer.success) {
          const message = z.prettifyError(answer.error)
          return reply.code(400).send({ code: 'BAD_REQUEST', message })
        }
        const address = options.clientAddress(request.raw)
        if (!(await options.accept(kind, answer.data, address))) {
          return reply.code(400).send({ code: 'BAD_REQUEST', message: LINK_REFUSAL })
        }
        const { email, password } = answer.data
        const signIn = await toRequest(options, request, {
          path: '/api/auth/sign-in/email',
          body: JSON.stringify({ email, password }),
          type: 'application/json',
        })
        return answerWith(options, reply, request, await options.handle(signIn))
      })
    }
    app.route({
      method: ['GET', 'POST'],
      url: '/api/auth/*',
      bodyLimit: options.bodyBytes,
      handler: async (request, reply) => {
        const done = await count(options, request)
        const problem = problemOfFields(readBody(request))
        if (problem !== null) {
          return reply.code(400).send({ code: 'BAD_REQUEST', message: problem })
        }
        const response = await options.handle(await toRequest(options, request))
        await done(response.ok)
        return answerWith(options, reply, request, response)
      },
    })
  }
}

async function count(
  { limits, clientAddress, personOf }: AuthRoutesOptions,
  request: FastifyRequest,
): Promise<(succeeded: boolean) => Promise<void>> {
  const known = limits()
  if (!known) {
    return async () => undefined
  }
  // The path is parsed as the library parses it, so that both mean the same route.
  const path = new URL(`http://localhost${request.url}`).pathname.replace(/\/+$/, '')
  const body = readBody(request)
  return countSignIn(known, {
    ...{ method: request.method, path, body },
    address: clientAddress(request.raw),
    person: () => personOf(request.raw),
  })
}

async function answerWith(
  { onChange }: AuthRoutesOptions,
  reply: FastifyReply,
  request: FastifyRequest,
  response: Response,
): Promise<FastifyReply> {
  if (ENDS_LOGINS.test(request.url)) onChange()
  reply.code(response.status)
  for (const [name, value] of response.headers) {
    if (name !== 'set-cookie') reply.header(name, value)
  }
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) reply.header('set-cookie', cookies)
  return reply.send(Buffer.from(await response.arrayBuffer()))
}

/** Headers that Node or the library would interpret again. */
const DROPPED = new Set([
  'cookie',
  'content-length',
  'transfer-encoding',
  'connection',
  ADDRESS_HEADER,
])

async function toRequest(
  { baseUrl, clientAddress, cookiesOf }: AuthRoutesOptions,
  request: FastifyRequest,
  instead?: { path: string; body: string; type: string },
): Promise<Request> {
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) {
    if (value === undefined || DROPPED.has(name) || name.startsWith('x-forwarded-')) continue
    headers.set(name, Array.isArray(value) ? value.join(', ') : value)
  }
  const cookies = await cookiesOf(request.raw)
  if (cookies !== undefined) headers.set('cookie', cookies)
  headers.set(ADDRESS_HEADER, clientAddress(request.raw))
  if (instead) headers.set('content-type', instead.type)
  const body = instead?.body ?? bodyOf(request)
  return new Request(baseUrl() + (instead?.path ?? request.url), {
    method: request.method,
    headers,
    ...(body !== null && { body }),
  })
}

function bodyOf({ method, body }: FastifyRequest): Uint8Array<ArrayBuffer> | null {
  return method === 'POST' && Buffer.isBuffer(body) ? new Uint8Array(body) : null
}

/** JSON, or the fields of a form. */
function readBody({ body, headers }: FastifyRequest): unknown {
  if (!Buffer.isBuffer(body)) return null
  const text = body.toString()
  if (headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true) {
    return Object.fromEntries(new URLSearchParams(text))
  }
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
