import type { RequestInfo, RequestInit } from 'undici'

/** Seconds of silence after which Node's own `fetch` gives up, whatever longer time was set here. */
const FETCH_GIVES_UP = 300

/**
 * `fetch` for timers of so many seconds: Node's own as long as they end before its own do, else one without any. The
 * second takes some 7 MiB more.
 */
export function fetchFor(seconds: number): typeof fetch {
  return seconds < FETCH_GIVES_UP ? fetch : patientFetch()
}

/**
 * The library's types and Node's name the same interfaces, and differ in details that nothing here touches: hence the
 * casts.
 */
function patientFetch(): typeof fetch {
  let loaded: ReturnType<typeof load> | null = null
  return async (input, init) => {
    loaded ??= load()
    const { send, dispatcher } = await loaded
    const response = await send(input as RequestInfo, { ...(init as RequestInit), dispatcher })
    return response as unknown as Response
  }
}

async function load() {
  const { Agent, fetch: send } = await import('undici')
  return { send, dispatcher: new Agent({ headersTimeout: 0, bodyTimeout: 0 }) }
}
