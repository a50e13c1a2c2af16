import { TRPCError } from '@trpc/server'
import { procedure, router } from '../trpc.ts'

export const modelsRouter = router({
  list: procedure.query(async ({ ctx: { services } }) => {
    try {
      const models = await services.catalog.list()
      return models.map((model) => ({ ...model, default: model.id === services.defaultModel }))
    } catch (cause) {
      throw new TRPCError({
        code: 'BAD_GATEWAY',
        message: cause instanceof Error ? cause.message : 'The model endpoint could not be asked.',
        cause,
      })
    }
  }),
})
