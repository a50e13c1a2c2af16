import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { DOCS_POLICY } from '../access/security.ts'

const require = createRequire(import.meta.url)

const swaggerPage = (base: string): string =>
  page(
    'Throughline API',
    `<link rel="stylesheet" href="${base}/docs/swagger-ui.css">`,
    `<div id="swagger-ui"></div><script src="${base}/docs/swagger-ui-bundle.js"></script><script src="${base}/docs/start.js"></script>`,
  )
const swaggerStart = (base: string): string => `SwaggerUIBundle({
  url: '${base}/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  displayRequestDuration: true,
  validatorUrl: null,
})
`
// Redoc's own sign is on its makers' server, where the policy lets no page go.
const redocPage = (base: string): string =>
  page(
    'Throughline API reference',
    '<style>body { margin: 0 } img[src*="cdn.redoc.ly"] { display: none }</style>',
    `<redoc spec-url="${base}/openapi.json"></redoc><script src="${base}/redoc/redoc.standalone.js"></script>`,
  )

/**
 * The description of the REST interface, to be browsed at `/docs` (Swagger UI) and `/redoc` (Redoc). All they need
 * comes from installed packages: they work without a network.
 */
export function docsRoutes(basePath: string) {
  return async function plugin(app: FastifyInstance): Promise<void> {
    app.get('/docs', { helmet }, (_request, reply) => sendHtml(reply, swaggerPage(basePath)))
    app.get('/docs/start.js', (_request, reply) =>
      send(reply, 'text/javascript', swaggerStart(basePath)),
    )
    app.get('/redoc', { helmet }, (_request, reply) => sendHtml(reply, redocPage(basePath)))

    // Swagger UI's own package calls home when it is installed; Fastify's carries the same files and does not.
    const swagger = join(dirname(require.resolve('@fastify/swagger-ui/package.json')), 'static')
    asset(app, '/docs/swagger-ui.css', 'text/css', join(swagger, 'swagger-ui.css'))
    asset(
      app,
      '/docs/swagger-ui-bundle.js',
      'text/javascript',
      join(swagger, 'swagger-ui-bundle.js'),
    )
    const redoc = require.resolve('redoc/bundles/redoc.standalone.js')
    asset(app, '/redoc/redoc.standalone.js', 'text/javascript', redoc)
  }
}

const helmet = { contentSecurityPolicy: { useDefaults: false, directives: DOCS_POLICY } } as const

function asset(app: FastifyInstance, url: string, type: string, path: string): void {
  app.get(url, async (_request, reply) => send(reply, type, await readFile(path)))
}

function sendHtml(reply: FastifyReply, html: string): FastifyReply {
  return send(reply, 'text/html', html)
}

function send(reply: FastifyReply, type: string, content: string | Buffer): FastifyReply {
  return reply.type(`${type}; charset=utf-8`).header('cache-control', 'no-cache').send(content)
}

function page(title: string, head: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
${head}
</head>
<body>
${body}
</body>
</html>
`
}
