import { useEffect, useSyncExternalStore } from 'react'
import { trpc } from '../client.ts'
import { person } from '../person.ts'
import { leaveTo } from './sign-in/leave.ts'

/** The state of accounts on this server and of the person's login. A server with a local owner has no accounts. */
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

/** Leaves the page when the browser's cookie has become another person's, such as after a sign-in in another tab. */
export function useSamePerson(): void {
  const isOther = useSyncExternalStore(person.subscribe, person.isOther)
  useEffect(() => {
    if (isOther) leaveTo('/')
  }, [isOther])
}
