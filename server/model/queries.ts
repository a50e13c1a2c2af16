import { TRPCError } from '@trpc/server'
import { models } from '../../shared/contract/api/tools.ts'
import { query } from '../trpc.ts'

export const listModels = query(models.list, async ({ services }) => {
  try {
    const listed = await services.catalog.list()
    return listed.map((model) => ({ ...model, default: model.id === services.defaultModel }))
  } catch (cause) {
    throw new TRPCError({
      code: 'BAD_GATEWAY',
      message: cause instanceof Error ? cause.message : 'The model endpoint could not be asked.',
      cause,
    })
  }
})
