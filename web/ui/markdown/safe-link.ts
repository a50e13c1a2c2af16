const allowed = new Set(['http:', 'https:', 'mailto:'])

/** The address a link may lead to, or null: only absolute web and mail addresses, whatever tricks they are spelled with. */
export function safeLink(href: string): string | null {
  const url = URL.canParse(href) ? new URL(href) : null
  return url && allowed.has(url.protocol) ? url.href : null
}
