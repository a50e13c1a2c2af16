import type { IncomingMessage } from 'node:http'

const BEARER = /^Bearer\s+(\S+)\s*$/i

/** The token of an `Authorization: Bearer` header (RFC 6750, section 2.1). */
export function bearerToken({ headers }: Pick<IncomingMessage, 'headers'>): string | null {
  return BEARER.exec(headers.authorization ?? '')?.[1] ?? null
}
