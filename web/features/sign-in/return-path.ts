const USED_UP = /^\/(setup|invite|reset|verify)$/

/** Where somebody goes after signing in elsewhere: the page that they came from, and never another site. */
export function returnPath(address: string, origin: string): string {
  if (!URL.canParse(address)) return '/'
  const url = new URL(address)
  if (url.origin !== origin || USED_UP.test(url.pathname)) return '/'
  // A browser reads two slashes at the beginning as a host.
  return url.pathname.startsWith('//') ? '/' : url.pathname + url.search + url.hash
}
