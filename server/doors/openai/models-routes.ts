import type { FastifyInstance } from 'fastify'
import { models } from '../../../shared/contract/api/tools.ts'
import { notFound } from '../../api-error.ts'
import { admitDoor } from '../request.ts'
import type { DoorOptions } from '../request.ts'

/** `/v1/models`: what the endpoint offers. */
export function modelsRoutes(app: FastifyInstance, options: DoorOptions): void {
  app.get('/v1/models', async (request, reply) => {
    const { call } = await admitDoor(options, request, reply)
    return { object: 'list', data: (await call(models.list, undefined)).map(toModel) }
  })

  app.get<{ Params: { '*': string } }>('/v1/models/*', async (request, reply) => {
    const { call } = await admitDoor(options, request, reply)
    const found = (await call(models.list, undefined)).find(({ id }) => id === request.params['*'])
    if (!found) throw notFound('model')
    return toModel(found)
  })
}

function toModel({ id }: { id: string }) {
  return { id, object: 'model', created: 0, owned_by: 'throughline' }
}
