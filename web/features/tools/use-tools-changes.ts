import { trpc } from '../../client.ts'

/** Keeps the list of tools up to date, since tools of MCP servers come and go. */
export function useToolsChanges(): void {
  const utils = trpc.useUtils()
  trpc.tools.changes.useSubscription(undefined, {
    onData: () => void utils.tools.list.invalidate(),
  })
}
