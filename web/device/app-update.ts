import { basePath } from '../base-path.ts'
import { client } from '../client.ts'
import { watchTouches } from './untouched.ts'
import { pageValue } from '../page-value.ts'

/** The build of this page; undefined while developing, when there is none. */
const BUILD: string | undefined = import.meta.env.VITE_BUILD

const RELOADED = 'throughline.reloaded-for'

const isNew = pageValue(() => false)
let isUntouched = (): boolean => true

/** True when the server has another build of the app than this page. */
export const appUpdate = {
  subscribe: isNew.subscribe,
  isThere: isNew.get,
}

/**
 * Registers the worker that keeps the app on the device, and checks at each connection whether the server has a new
 * build. An old page that came from the device is reloaded at once, unless somebody has used it already; any other page
 * shows a notice.
 */
export function followUpdates(): void {
  if (BUILD === undefined) return
  isUntouched = watchTouches(document)
  let isFirst = true
  client.connection.subscribe(() => {
    if (client.connection.getSnapshot().status !== 'connected') return
    void look(isFirst)
    isFirst = false
  })
  addEventListener('load', () => {
    // The first page's own requests go first.
    setTimeout(() => void register(), 1_000)
  })
}

async function register(): Promise<void> {
  try {
    await navigator.serviceWorker?.register(`${basePath}/service-worker.js`)
  } catch {
    // Not in this browser, or not from this origin: everything works with a connection.
  }
}

async function look(isFirst: boolean): Promise<void> {
  const build = await readBuild()
  if (build === null || build === BUILD) return
  if (isFirst && isUntouched() && sessionStorage.getItem(RELOADED) !== build) {
    sessionStorage.setItem(RELOADED, build)
    location.reload()
    return
  }
  isNew.set(true)
}

async function readBuild(): Promise<string | null> {
  try {
    const response = await fetch(`${basePath}/build.json`, { cache: 'no-store' })
    const said: unknown = await response.json()
    return typeof said === 'object' && said !== null && 'build' in said ? String(said.build) : null
  } catch {
    return null
  }
}
