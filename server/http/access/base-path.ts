// BASE_PATH: everything of this server is below a path, and a proxy in front passes addresses on unchanged.

/** Supervisors of the process request these directly, without the base path. */
const AT_THE_ROOT = /^\/(livez|readyz)\/?(\?|$)/
/** A path that is neither a route nor a page. */
export const NOWHERE = '/outside.'

/**
 * The address as the routes know it.
 * @param basePath such as `/chat`; empty at the root
 * @param url path and query of a request
 */
export function belowBase(basePath: string, url: string): string {
  if (basePath === '' || AT_THE_ROOT.test(url)) return url
  if (!url.startsWith(basePath)) return NOWHERE
  const rest = url.slice(basePath.length)
  if (rest === '' || rest.startsWith('?')) return `/${rest}`
  return rest.startsWith('/') ? rest : NOWHERE
}

/** The web app's page below the path: its files are there too, and its scripts read where they are. */
export function pageBelowBase(basePath: string, html: string): string {
  return html
    .replaceAll(/(\s(?:src|href)=")\//g, `$1${basePath}/`)
    .replace('</head>', `  <meta name="base-path" content="${basePath}" />\n  </head>`)
}
