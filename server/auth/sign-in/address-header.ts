/** The header that carries the caller's address to the library; what a client sends under this name is dropped. */
export const ADDRESS_HEADER = 'x-throughline-address'

/** The address of a request to the library; null outside of one. */
export function addressOf(context: object | null): string | null {
  if (context === null || !('headers' in context)) return null
  return context.headers instanceof Headers ? context.headers.get(ADDRESS_HEADER) : null
}
