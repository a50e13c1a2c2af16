'use client'

import { createContext, createElement, useContext } from 'react'
import type { ReactElement, ReactNode } from 'react'
import type { Client } from '../client/index.ts'

const ThroughlineContext = createContext<Client | null>(null)

/** Provides a client to the components below. The creator of the client closes it. */
export function ThroughlineProvider(props: { client: Client; children?: ReactNode }): ReactElement {
  return createElement(ThroughlineContext.Provider, { value: props.client }, props.children)
}

/** The client of the nearest `ThroughlineProvider`; throws when there is none. */
export function useThroughline(): Client {
  const client = useContext(ThroughlineContext)
  if (client === null) throw new Error('There is no ThroughlineProvider above this component')
  return client
}
