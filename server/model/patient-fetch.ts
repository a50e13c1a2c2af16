import { Agent, fetch as fetchThrough, type RequestInfo, type RequestInit } from 'undici'

/** Node's own `fetch` gives up after 300 s of silence, whatever longer time was set here. */
const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 })

/**
 * `fetch` without timers of its own: only those of the model port count.
 *
 * The library's types and Node's name the same interfaces, and differ in details that nothing here touches: hence the
 * casts.
 */
export const patientFetch: typeof fetch = async (input, init) => {
  const response = await fetchThrough(input as RequestInfo, {
    ...(init as RequestInit),
    dispatcher,
  })
  return response as unknown as Response
}
