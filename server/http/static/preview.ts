import type { FastifyInstance } from 'fastify'

/** The page in which the web app shows a model's HTML or SVG, once a person opens it. */
const PREVIEW_PATH = '/preview'

/**
 * The page has an origin of its own and reaches nothing: no network, no storage, no other page. Scripts of what it
 * shows run, for an artifact is often a small program. The app's policy holds as well: its frames go nowhere else.
 */
const POLICY = [
  'sandbox allow-scripts allow-modals',
  "default-src 'none'",
  "script-src 'unsafe-inline'",
  "style-src 'unsafe-inline'",
  'img-src data: blob:',
  'font-src data:',
  'media-src data: blob:',
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'self'",
].join('; ')

/** Shows the first text that the page around it sends, in the same document, for which the policy above holds. */
const PAGE = `<!doctype html>
<meta charset="utf-8">
<title>Preview</title>
<script>
addEventListener('message', ({ source, data }) => {
  if (source !== parent || typeof data !== 'string') return
  document.open()
  document.write(data)
  document.close()
}, { once: true })
parent.postMessage('ready', '*')
</script>
`

export async function servePreview(app: FastifyInstance): Promise<void> {
  app.get(PREVIEW_PATH, async (_request, reply) =>
    reply
      .headers({ 'content-security-policy': POLICY, 'cache-control': 'no-cache' })
      .removeHeader('x-frame-options')
      .removeHeader('origin-agent-cluster')
      .type('text/html; charset=utf-8')
      .send(PAGE),
  )
}
