import { basePath } from './base-path.ts'
import { t } from './language/t.ts'

/** The server refused, with what it says to people. */
export class AuthError extends Error {
  readonly code: string | null

  constructor(message: string, code: string | null) {
    super(message)
    this.code = code
  }
}

/**
 * Asks the sign-in endpoints, which set and end the cookie that everything else goes by.
 *
 * @throws AuthError with a sentence for people
 */
export async function askAuth(path: string, body?: object): Promise<Record<string, unknown>> {
  let response: Response
  try {
    response = await fetch(`${basePath}/api/auth${path}`, {
      ...(body && {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    })
  } catch {
    throw new AuthError(t('The server cannot be reached.'), null)
  }
  const answer = asRecord(await response.json().catch(() => null))
  if (response.ok) return answer
  const { message, code } = answer
  throw new AuthError(
    typeof message === 'string' && message !== '' ? message : sentenceFor(response.status),
    typeof code === 'string' ? code : null,
  )
}

/** The id of who is signed in, by the cookie of now; null for nobody. */
export async function whoIsSignedIn(): Promise<string | null> {
  const response = await fetch(`${basePath}/api/me`)
  if (!response.ok) return null
  const { id } = asRecord(await response.json())
  return typeof id === 'string' ? id : null
}

function sentenceFor(status: number): string {
  return status === 429
    ? t('Too many attempts. Wait a minute, and try again.')
    : t('The server could not do this ({status}). Try again.', { status })
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
