'use client'

import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react'
import type { ConnectionState, SessionSnapshot, Store } from '../client/index.ts'
import { useThroughline } from './provider.ts'
import { createSelection, shallowEqual } from './selection.ts'

/**
 * A slice of any store; the component renders again only when the slice has changed (by shallow comparison, unless
 * given otherwise).
 */
export function useStore<Value, Slice>(
  store: Store<Value>,
  select: (value: Value) => Slice,
  isEqual: (a: Slice, b: Slice) => boolean = shallowEqual,
): Slice {
  const drawn = useRef<{ slice: Slice } | null>(null)
  const getSlice = useMemo(
    () => createSelection(store, select, isEqual, drawn.current),
    [store, select, isEqual],
  )
  const slice = useSyncExternalStore(store.subscribe, getSlice, getSlice)
  useEffect(() => {
    drawn.current = { slice }
  }, [slice])
  return slice
}

/** The state of the connection to the server. */
export function useConnection(): ConnectionState {
  const { connection } = useThroughline()
  return useSyncExternalStore(connection.subscribe, connection.getSnapshot, connection.getSnapshot)
}

const whole = (snapshot: SessionSnapshot): SessionSnapshot => snapshot

/**
 * A session, watched while any component uses it. With a selector, it returns the slice that the component renders:
 * `useSession(id, ({ state }) => state?.messages.at(-1))` renders again only when the last message has changed.
 * @param isEqual decides whether a slice is unchanged; shallow equality by default
 */
export function useSession(id: string): SessionSnapshot
export function useSession<Slice>(
  id: string,
  select: (snapshot: SessionSnapshot) => Slice,
  isEqual?: (a: Slice, b: Slice) => boolean,
): Slice
export function useSession(
  id: string,
  select: (snapshot: SessionSnapshot) => unknown = whole,
  isEqual: (a: unknown, b: unknown) => boolean = shallowEqual,
): unknown {
  const client = useThroughline()
  return useStore(client.session(id).store, select, isEqual)
}
