import { useCallback, useSyncExternalStore } from 'react'

/** True where a sidebar has room beside the page. */
export const useIsWide = (): boolean => useMediaQuery('(width >= 48rem)')

/** Returns whether a media query matches, and updates the component when that changes. */
export function useMediaQuery(query: string): boolean {
  const subscribe = useCallback(
    (listener: () => void) => {
      const list = matchMedia(query)
      list.addEventListener('change', listener)
      return () => list.removeEventListener('change', listener)
    },
    [query],
  )
  return useSyncExternalStore(subscribe, () => matchMedia(query).matches)
}
