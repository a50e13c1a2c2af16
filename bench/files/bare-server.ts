// The server with which uploads and downloads are compared: `@tus/server` on its own store, and `@fastify/static` on
// that folder.
import { createServer } from 'node:http'
import process from 'node:process'
import { FileStore } from '@tus/file-store'
import { Server } from '@tus/server'
import fastifyStatic from '@fastify/static'
import Fastify from 'fastify'

const [folder = ''] = process.argv.slice(2)
const tus = new Server({ path: '/uploads', datastore: new FileStore({ directory: folder }) })
const app = Fastify({
  serverFactory: (handle) =>
    createServer((request, response) => {
      if (request.url?.startsWith('/uploads')) void tus.handle(request, response)
      else handle(request, response)
    }),
})
await app.register(fastifyStatic, { root: folder, prefix: '/files/' })
const url = await app.listen({ host: '127.0.0.1', port: 0 })
console.log(`bare is listening on ${url}`)
