import { basePath } from './base-path.ts'
import { msg, t } from './language/t.ts'
import type { Marked } from './language/t.ts'

/** A refusal of the server, with its message for people. */
class AuthError extends Error {
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
  const own = typeof code === 'string' ? sentences.get(code) : undefined
  const said = typeof message === 'string' && message !== '' ? message : null
  throw new AuthError(
    own === undefined ? (said ?? sentenceFor(response.status)) : t(own),
    typeof code === 'string' ? code : null,
  )
}

/** Translations of the most frequent errors: the messages of the sign-in library are English. */
const sentences = new Map<string, Marked>([
  ['INVALID_EMAIL_OR_PASSWORD', msg('Invalid email or password.')],
  ['USER_ALREADY_EXISTS', msg('Somebody has an account with this address already.')],
  [
    'USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL',
    msg('Somebody has an account with this address already.'),
  ],
  ['INVALID_TOKEN', msg('This link does not hold any more. Ask for a new one.')],
  ['INVALID_CODE', msg('This code is wrong, or too old.')],
  ['INVALID_PASSWORD', msg('The password is wrong.')],
])

/** The id of the person whose cookie the browser has now; null when nobody is signed in. */
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
