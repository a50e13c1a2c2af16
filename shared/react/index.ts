'use client'

export { ThroughlineProvider, useThroughline } from './provider.ts'
export { useConnection, useSession, useStore } from './hooks.ts'
export { shallowEqual } from './selection.ts'
