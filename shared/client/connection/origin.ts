const reported = new Set<string>()

/**
 * The server's reason to refuse pages of this origin; null when there is none, when it cannot be reached, or when the
 * page has the server's origin. It is also logged to the page's console once, where the page's author looks.
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
    if (!reported.has(message)) {
      reported.add(message)
      // oxlint-disable-next-line no-console -- a refused WebSocket says nothing there by itself
      console.warn(`Throughline: ${message}`)
    }
    return message
  } catch {
    // If even this request fails, the network is the cause, which the connection reports.
    return null
  }
}
