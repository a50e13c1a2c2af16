import type { FastifyInstance } from 'fastify'
import { notFound } from '../../api-error.ts'
import { acceptEmptyBodies } from '../../http/rest/bodies.ts'
import type { DoorOptions } from '../request.ts'
import { chatRoutes } from './chat-routes.ts'
import { conversationsRoutes } from './conversations-routes.ts'
import { sendOpenAiError, toOpenAiError } from './errors.ts'
import { modelsRoutes } from './models-routes.ts'
import { responsesRoutes } from './responses-routes.ts'

/** OpenAI's protocols below `/v1`, over the same log. */
export function openAiDoor(options: DoorOptions) {
  return async function plugin(app: FastifyInstance): Promise<void> {
    app.setErrorHandler(async (error, request, reply) => {
      if (toOpenAiError(error).status >= 500) options.report(error, { request: request.id })
      return sendOpenAiError(error, reply)
    })
    acceptEmptyBodies(app)
    responsesRoutes(app, options)
    conversationsRoutes(app, options)
    chatRoutes(app, options)
    modelsRoutes(app, options)
    app.all('/v1/*', async () => {
      throw notFound('address')
    })
  }
}
