import { tools } from '../../shared/contract/api/tools.ts'
import { mutation, procedure, query, router } from '../trpc.ts'
import { typedCall } from '../typed-calls.ts'
import { followTools } from './changes.ts'

export const toolsRouter = router({
  list: query(tools.list, async ({ services }) => services.tools.list()),

  changes: procedure.meta(tools.changes).subscription(async function* ({
    ctx: { services, drained },
    signal,
  }) {
    yield* followTools(services.tools, signal ?? new AbortController().signal, drained)
  }),

  decide: mutation(tools.decide, async ({ services, user }, input) =>
    typedCall(await services.runs.decide({ ...input, userId: user.id }), services.tools),
  ),
  resolve: mutation(tools.resolve, async ({ services, user }, input) =>
    typedCall(await services.runs.resolve({ ...input, userId: user.id }), services.tools),
  ),
})
