const told = new Set<string>()

/**
 * What the server has against a page of this origin; null when it has nothing, cannot be reached, or this is no page of
 * another origin. The page's console is told as well, once: its author looks there.
 *
 * @param socketUrl the address that refused a WebSocket
 */
export async function askWhyRefused(
  socketUrl: string,
  page: string | undefined = globalThis.location?.origin,
): Promise<string | null> {
  const url = new URL('/health', socketUrl.replace(/^ws/, 'http'))
  if (page === undefined || page === url.origin) return null
  try {
    const response = await fetch(url, { credentials: 'omit', cache: 'no-store' })
    if (response.status !== 403) return null
    const said: unknown = await response.json()
    if (typeof said !== 'object' || said === null || !('message' in said)) return null
    const message = String(said.message)
    if (!told.has(message)) {
      told.add(message)
      // oxlint-disable-next-line no-console -- a refused WebSocket says nothing there by itself
      console.warn(`Throughline: ${message}`)
    }
    return message
  } catch {
    // Not even that can be read: then it is the network, of which the connection tells.
    return null
  }
}
