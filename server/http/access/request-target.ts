/** The router, `URL` and comparisons of texts read these characters in a path differently. */
const AMBIGUOUS = /[\\#\p{Cc}]|%(?:5c|0|1|7f)/iu
/** RFC 3986, section 3.3; an encoded slash divides for some. */
const DOT_SEGMENT = /(?:\/|%2f)\.{1,2}(?=\/|%2f|$)/i
/** Names of models have slashes on other servers, and clients encode them. */
const MAY_HAVE_SLASHES = /^\/v1\/models\//

/**
 * The normalized path and query of a request, for the access policy, the routes, the limits and the log. Otherwise a
 * limit could see one path and the route behind it another.
 *
 * @param target as received: a path with a query, or (RFC 9112, section 3.2.2) a whole URL
 * @param host the request's header
 * @returns null when the path can be read in more than one way
 */
export function readTarget(target: string, host: string | undefined): string | null {
  const local = target.startsWith('/') || target === '*' ? target : localOf(target, host)
  if (local === null) return null
  const at = local.indexOf('?')
  const path = decodeUnreserved(at < 0 ? local : local.slice(0, at))
  if (AMBIGUOUS.test(path) || DOT_SEGMENT.test(path)) return null
  if (/%2f/i.test(path) && !MAY_HAVE_SLASHES.test(path)) return null
  return at < 0 ? path : path + local.slice(at)
}

/** The path of a whole address, if it is of the same host as the header, by which requests are admitted. */
function localOf(target: string, host: string | undefined): string | null {
  const [scheme] = /^https?:\/\//i.exec(target) ?? []
  if (scheme === undefined) return null
  const rest = target.slice(scheme.length)
  const end = rest.search(/[/?]/)
  const authority = end < 0 ? rest : rest.slice(0, end)
  const local = end < 0 ? '' : rest.slice(end)
  if (authority.toLowerCase() !== host?.toLowerCase()) return null
  return local.startsWith('/') ? local : `/${local}`
}

/** RFC 3986, section 6.2.2.2: these mean the same with and without their encoding. */
function decodeUnreserved(path: string): string {
  return path.replaceAll(/%[2-7][\da-f]/gi, (encoded) => {
    const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16))
    return /[\w.~-]/.test(character) ? character : encoded
  })
}
