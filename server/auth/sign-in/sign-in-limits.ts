import { z } from 'zod'

/** What signing in may cost; each is refused by an error that says when to ask again. */
export type SignInLimits = {
  /** Counts a request of somebody who is not signed in. */
  admitCall(asker: null, address: string): Promise<void>
  /** Counts a sign-in before it is tried. */
  beginSignIn(attempt: Attempt): Promise<void>
  /** It succeeded. */
  signedIn(attempt: Attempt): Promise<void>
  admitGuest(address: string): Promise<void>
}

type Attempt = { account: string; address: string }

/** A request below `/api/auth`. */
export type SignInRequest = { method: string; path: string; body: unknown; address: string }

const WithEmail = z.object({ email: z.string() })

/**
 * Counts a request to sign in.
 *
 * @returns what is to be told of its outcome
 * @throws what the limits refuse it with
 */
export async function countSignIn(
  limits: SignInLimits,
  { method, path, body, address }: SignInRequest,
): Promise<(succeeded: boolean) => Promise<void>> {
  await limits.admitCall(null, address)
  if (method === 'POST' && path === '/api/auth/sign-in/anonymous') {
    await limits.admitGuest(address)
  }
  const account = method === 'POST' ? accountOf(path, body, address) : null
  if (account === null) {
    return async () => undefined
  }
  await limits.beginSignIn({ account, address })
  // Every mail counts that somebody wants to be sent.
  const counts = isMail(path)
  return async (succeeded) => {
    if (succeeded && !counts) {
      await limits.signedIn({ account, address })
    }
  }
}

/** What is guessed at, or written to; null where nothing is. */
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
