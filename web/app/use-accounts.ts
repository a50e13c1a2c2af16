import { useEffect } from 'react'
import { useConnection } from '../../shared/react/index.ts'
import { trpc } from '../client.ts'
import { leaveTo } from './sign-in/leave.ts'

/** What there is of accounts on this server, for who is signed in: nothing where there is one local owner. */
export function useAccounts(): {
  /** False while it is not known yet. */
  isKnown: boolean
  hasAccounts: boolean
  isAdmin: boolean
  isGuest: boolean
} {
  const { data: options } = trpc.auth.options.useQuery()
  const hasAccounts = options?.mode === 'accounts'
  const { data: me } = trpc.me.useQuery(undefined, { enabled: hasAccounts })
  return {
    isKnown: options !== undefined && (!hasAccounts || me !== undefined),
    hasAccounts,
    isAdmin: hasAccounts && me?.role === 'admin',
    isGuest: options?.login === 'guest',
  }
}

/** Leaves the page when the browser's cookie has become somebody else's, as by signing in in another tab. */
export function useSamePerson(): void {
  const utils = trpc.useUtils()
  const { status } = useConnection()
  const { data: options } = trpc.auth.options.useQuery()
  const hasAccounts = options?.mode === 'accounts'
  useEffect(() => {
    if (status !== 'connected' || !hasAccounts) return
    const before = utils.me.getData()?.id
    if (before === undefined) return
    void utils.client.me.query().then(({ id }) => {
      if (id !== before) leaveTo('/')
    }, ignore)
  }, [status, hasAccounts, utils])
}

/** Without an answer it is asked again at the next connection. */
function ignore(): void {}
