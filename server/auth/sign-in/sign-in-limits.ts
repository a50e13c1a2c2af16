import { z } from 'zod'

/** The limits of signing in. Each refusal is an error with the time at which to try again. */
export type SignInLimits = {
  /** Counts a request without a login. */
  admitCall(asker: null, address: string): Promise<void>
  /** Counts a sign-in before it is tried. */
  beginSignIn(attempt: Attempt): Promise<void>
  /** Records that it succeeded. */
  signedIn(attempt: Attempt): Promise<void>
  admitGuest(address: string): Promise<void>
  admitSignUp(address: string): Promise<void>
}

type Attempt = { account: string; address: string }

/** A request below `/api/auth`. */
export type SignInRequest = {
  method: string
  path: string
  body: unknown
  address: string
  /** The person of the request's login. */
  person(): Promise<string | null>
}

/** Routes that ask a person with a login for the password: a thief of the login could guess it there. */
const ASKS_PASSWORD =
  /^\/api\/auth\/(change-password|verify-password|two-factor\/(enable|disable|generate-backup-codes|get-totp-uri))$/

const WithEmail = z.object({ email: z.string() })

/**
 * Counts a request to sign in.
 *
 * @returns a function that is called with its outcome
 * @throws the refusal of a limit
 */
export async function countSignIn(
  limits: SignInLimits,
  { method, path, body, address, person }: SignInRequest,
): Promise<(succeeded: boolean) => Promise<void>> {
  await limits.admitCall(null, address)
  if (method === 'POST' && path === '/api/auth/sign-in/anonymous') {
    await limits.admitGuest(address)
  }
  if (method === 'POST' && path === '/api/auth/sign-up/email') {
    await limits.admitSignUp(address)
  }
  if (method !== 'POST') {
    return async () => undefined
  }
  const account = ASKS_PASSWORD.test(path)
    ? await person().then((id) => id && `password of ${id}`)
    : accountOf(path, body, address)
  if (account === null) {
    return async () => undefined
  }
  await limits.beginSignIn({ account, address })
  // Every requested mail counts.
  const counts = isMail(path)
  return async (succeeded) => {
    if (succeeded && !counts) {
      await limits.signedIn({ account, address })
    }
  }
}

/** The account whose password is tried, or to which a mail is sent; null for neither. */
function accountOf(path: string, body: unknown, address: string): string | null {
  if (path.startsWith('/api/auth/two-factor/verify-')) {
    return `second factor from ${address}`
  }
  const { email } = WithEmail.safeParse(body).data ?? { email: '' }
  if (isMail(path)) {
    return `mail to ${email}`
  }
  return path === '/api/auth/sign-in/email' ? email : null
}

function isMail(path: string): boolean {
  return /^\/api\/auth\/(request-password-reset|forget-password|send-verification-email)$/.test(
    path,
  )
}
