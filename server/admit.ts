import { TRPCError } from '@trpc/server'
import type { Declaration } from '../shared/contract/api/declare.ts'
import type { Asker } from './auth/port.ts'

type Asked = Pick<Declaration, 'access' | 'scope' | 'by' | 'kind'>

/** Returns null when this person with this login, or nobody, may call the procedure; else the reason. */
export function refusalFor(asker: Asker | null, asked: Asked): TRPCError | null {
  if (asked.access === 'anyone') return null
  if (!asker) return signedOut()
  const reason = reasonAgainst(asker, asked)
  return reason === null ? null : new TRPCError({ code: 'FORBIDDEN', message: reason })
}

export function signedOut(): TRPCError {
  return new TRPCError({ code: 'UNAUTHORIZED', message: 'Sign in first.' })
}

function reasonAgainst({ user, login }: Asker, { access, scope, by, kind }: Asked): string | null {
  if (user.suspended) {
    return 'This account is suspended. Ask an administrator of this server.'
  }
  if (login.scope === 'read' && (scope ?? (kind === 'mutation' ? 'write' : 'read')) === 'write') {
    return 'This key may only read. Use one with the scope "write".'
  }
  if (by === 'person' && login.kind === 'key') {
    return 'A key cannot do this. Sign in for it.'
  }
  if (access === 'admin' && user.role !== 'admin') {
    return 'Only an administrator may do this.'
  }
  return null
}
