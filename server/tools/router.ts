import { z } from 'zod'
import { CallId } from '../../shared/contract/ids.ts'
import { noNul } from '../../shared/contract/no-nul.ts'
import { procedure, router } from '../trpc.ts'
import { typedCall } from '../typed-calls.ts'
import { followTools } from './changes.ts'

const Note = z.string().trim().max(2_000).check(noNul)

export const toolsRouter = router({
  list: procedure.query(({ ctx: { services } }) => services.tools.list()),

  changes: procedure.subscription(async function* ({ ctx: { services, drained }, signal }) {
    yield* followTools(services.tools, signal ?? new AbortController().signal, drained)
  }),

  decide: procedure
    .input(
      z.object({
        callId: CallId,
        decision: z.enum(['approve', 'deny']),
        reason: Note.optional(),
      }),
    )
    .mutation(async ({ ctx: { services, user }, input }) =>
      typedCall(await services.runs.decide({ ...input, userId: user.id }), services.tools),
    ),

  resolve: procedure
    .input(
      z.object({
        callId: CallId,
        outcome: z.enum(['happened', 'did-not-happen', 'retry']),
        note: Note.optional(),
      }),
    )
    .mutation(async ({ ctx: { services, user }, input }) =>
      typedCall(await services.runs.resolve({ ...input, userId: user.id }), services.tools),
    ),
})
