import { useSyncExternalStore } from 'react'
import type { ComponentType, ReactNode } from 'react'
import { loaded } from './loaded.ts'
import { Listeners } from '../../../shared/client/store.ts'

type Part<Props> = ComponentType<Props & { fallback?: ReactNode }> & {
  /** Loads the script now, once; fails when it cannot be had. */
  preload: () => Promise<void>
  /** Resolves when the script is there, however often it has to be tried. */
  untilLoaded: () => Promise<void>
}

/**
 * A component whose script is loaded when it is drawn for the first time. It shows `fallback`, or nothing, until then.
 * React's `lazy` is not used, because React keeps the place of a suspended component empty for at least 300 ms, also when
 * its script is there at once.
 */
export function lazyPart<Props extends object>(
  load: () => Promise<{ default: ComponentType<Props> }>,
): Part<Props> {
  let Loaded: ComponentType<Props> | null = null
  const listeners = new Listeners()
  let loading: Promise<void> | null = null

  async function preload(): Promise<void> {
    Loaded ??= (await load()).default
    listeners.notify()
  }
  function subscribe(listener: () => void): () => void {
    const leave = listeners.add(listener)
    if (!Loaded) void untilLoaded()
    return leave
  }
  function untilLoaded(): Promise<void> {
    loading ??= loaded(preload)
    return loading
  }
  const getLoaded = () => Loaded

  function LazyPart({ fallback, ...props }: Props & { fallback?: ReactNode }): ReactNode {
    const Component = useSyncExternalStore(subscribe, getLoaded)
    return Component ? <Component {...(props as unknown as Props)} /> : fallback
  }
  return Object.assign(LazyPart, { preload, untilLoaded })
}
