import { tools } from '../../shared/contract/api/tools.ts'
import { procedure, query } from '../trpc.ts'
import { followTools } from './changes.ts'

export const listTools = query(tools.list, async ({ services }) => services.tools.list())

export const toolChanges = procedure.meta(tools.changes).subscription(async function* ({
  ctx: { services, drained },
  signal,
}) {
  yield* followTools(services.tools, signal ?? new AbortController().signal, drained)
})
