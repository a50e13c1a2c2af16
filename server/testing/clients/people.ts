import { UserId } from '../../../shared/contract/ids.ts'
import { startTestApp } from '../app.ts'
import type { Storage, TestAppOptions } from '../app.ts'

/** A person who is signed in to a test's server. */
export type Person = { email: string; password: string; token: string; cookie: string }

/** A response of the server. */
export type Answer = { status: number; body: unknown; headers: Headers }

const PASSWORD = 'correct horse battery'

/** A listening server with accounts, but without an account yet. */
export async function startAccounts(storage: Storage, { env, ...options }: TestAppOptions = {}) {
  const app = await startTestApp({
    ...options,
    env: {
      AUTH_SECRET: 'a test’s secret of more than 32 characters',
      ...storage.env,
      AUTH_MODE: 'accounts',
      ...env,
    },
  })
  const url = await app.listen()

  /** Sends a request; with a body it is a `POST` of JSON. */
  async function ask(
    path: string,
    { body, token, cookie, method, headers }: Ask = {},
  ): Promise<Answer> {
    const response = await fetch(url + path, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      redirect: 'manual',
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(cookie !== undefined && { cookie, origin: url }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, body: parsed(text), headers: response.headers }
  }

  async function signedIn(path: string, email: string, body: object): Promise<Person> {
    const answer = await ask(path, { body: { email, password: PASSWORD, ...body } })
    if (answer.status !== 200) {
      throw new Error(`${path} for ${email}: ${answer.status} ${JSON.stringify(answer.body)}`)
    }
    return { email, password: PASSWORD, token: tokenOf(answer), cookie: cookiesOf(answer.headers) }
  }

  return {
    ...app,
    url,
    ask,
    /** Makes the first account. */
    async setUp(email = 'ada@example.com'): Promise<Person> {
      const link = (await app.setupLink()) ?? ''
      const token = new URL(link).searchParams.get('token')
      return signedIn('/api/auth/setup', email, { token, name: 'Ada' })
    },
    /** Makes an account; needs AUTH_SIGNUP=open. */
    signUp: (email: string) => signedIn('/api/auth/sign-up/email', email, { name: email }),
    signIn: (email: string) => signedIn('/api/auth/sign-in/email', email, {}),
    /** Makes an API key of this person and returns it as a token. */
    async beKey({ token }: Person): Promise<{ token: string }> {
      const { body } = await ask('/api/key', { token, body: { name: 'a key' } })
      return { token: (body as { key: string }).key }
    },
    async beGuest(): Promise<Person> {
      const answer = await ask('/api/auth/sign-in/anonymous', { body: {} })
      return { email: '', password: '', token: tokenOf(answer), cookie: cookiesOf(answer.headers) }
    },
  }
}

export type PeopleApp = Awaited<ReturnType<typeof startAccounts>>

type Ask = {
  body?: unknown
  token?: string | undefined
  cookie?: string | undefined
  method?: string
  headers?: Record<string, string>
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function tokenOf({ body }: Answer): string {
  if (typeof body !== 'object' || body === null || !('token' in body)) {
    throw new Error(`no token in ${JSON.stringify(body)}`)
  }
  return String(body.token)
}

/** The cookies that a response sets, as a request sends them. */
export function cookiesOf(headers: Headers): string {
  return headers
    .getSetCookie()
    .map((cookie) => cookie.split(';', 1)[0])
    .join('; ')
}

/** The id of the person's user. */
export async function idOf(app: PeopleApp, { token }: Person): Promise<UserId> {
  const { body } = await app.ask('/api/me', { token })
  return UserId.parse((body as { id: string }).id)
}
