const USED_UP = /^\/(setup|invite|reset|verify)$/

/**
 * The path to go to after a sign-in elsewhere: the page before it, and never another site.
 *
 * @param basePath of this app on its host
 */
export function returnPath(address: string, origin: string, basePath = ''): string {
  const home = `${basePath}/`
  if (!URL.canParse(address)) return home
  const url = new URL(address)
  if (url.origin !== origin || USED_UP.test(url.pathname.slice(basePath.length))) return home
  // A browser reads two slashes at the beginning as a host.
  return url.pathname.startsWith('//') ? home : url.pathname + url.search + url.hash
}
