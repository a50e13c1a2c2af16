import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { pageBelowBase } from '../access/base-path.ts'
import { pathOf } from '../logging.ts'

const NOT_BUILT =
  'The web app is not built. Run "npm start", or "npm run build", and load this page again.\n' +
  'The interfaces work without it: see /docs.\n'

/** Vite's folder for files that are named by a hash of their content and therefore never change. */
const HASHED_FOLDER = 'assets'

const YEAR_SECONDS = 365 * 24 * 3600

/** The folder of the built web app, and the path that it is served below. */
export type WebApp = { webRoot: string; basePath: string }

/** The built web app's files, each in the smallest variant that the browser takes. */
export async function serveWebApp(
  app: FastifyInstance,
  { webRoot, basePath }: WebApp,
): Promise<void> {
  const hashed = join(resolve(webRoot), HASHED_FOLDER) + sep
  await app.register(fastifyStatic, {
    root: resolve(webRoot),
    preCompressed: true,
    // Below a path the page is another, which is not a file.
    ...(basePath !== '' && { index: false }),
    cacheControl: false,
    // The build's own notes are dot files.
    dotfiles: 'ignore',
    // Built while the server runs, the app is served from then on.
    suppressWarning: true,
    setHeaders(reply, path) {
      const immutable = path.startsWith(hashed)
      reply.header(
        'cache-control',
        immutable ? `public, max-age=${YEAR_SECONDS}, immutable` : 'no-cache',
      )
      addVary(reply, 'Accept-Encoding')
    },
  })
}

/**
 * A navigation to a route of the web app gets the app. Null for anything else: a file or an interface that is not
 * there.
 */
export function answerNavigation(
  request: FastifyRequest,
  reply: FastifyReply,
  { webRoot, basePath }: WebApp,
): FastifyReply | Promise<FastifyReply> | null {
  if (!isNavigation(request)) return null
  if (!existsSync(join(webRoot, 'index.html'))) {
    return reply
      .code(503)
      .type('text/plain; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(NOT_BUILT)
  }
  return basePath === '' ? reply.sendFile('index.html') : sendPage(reply, webRoot, basePath)
}

async function sendPage(
  reply: FastifyReply,
  webRoot: string,
  basePath: string,
): Promise<FastifyReply> {
  const html = await readFile(join(webRoot, 'index.html'), 'utf8')
  return reply
    .type('text/html; charset=utf-8')
    .header('cache-control', 'no-cache')
    .send(pageBelowBase(basePath, html))
}

/**
 * Addresses of links that people hand over. They always answer with the page, also to a program that accepts no type.
 */
const LINKS = /^\/(?:setup|invite|verify|reset|share\/[^/]+)\/?$/

function isNavigation(request: FastifyRequest): boolean {
  const reads = request.method === 'GET' || request.method === 'HEAD'
  const path = pathOf(request.url)
  const last = path.slice(path.lastIndexOf('/') + 1)
  return (
    reads &&
    !last.includes('.') &&
    (path === '/' || LINKS.test(path) || Boolean(request.headers.accept?.includes('text/html')))
  )
}

function addVary(reply: FastifyReply, name: string): void {
  const vary = reply.getHeader('vary')
  reply.header('vary', vary ? `${String(vary)}, ${name}` : name)
}
