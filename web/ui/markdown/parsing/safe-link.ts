const allowed = new Set(['http:', 'https:', 'mailto:'])

/**
 * The normalized address of a link, or null: only absolute web and mail addresses are allowed, however they are
 * spelled.
 */
export function safeLink(href: string): string | null {
  const url = URL.canParse(href) ? new URL(href) : null
  return url && allowed.has(url.protocol) ? url.href : null
}
