import { connect } from 'throughline/client'
import type { AppToolCall, Outputs } from 'throughline/client'
import { useSession } from 'throughline/react'
// The client's types for the tools of one's own server. It is an `import type`, so no server code gets into the client.
import type { tools } from './custom-tool.ts'

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

function same<A, B>(_proof: Equal<A, B>): void {}

await using client = connect({ url: 'http://127.0.0.1:8001' })

for await (const { event } of client.session('').events()) {
  if (event.type !== 'tool') continue
  const { call } = event
  if (call.name === 'get_system_metrics') {
    same<typeof call.input.metric_type, 'all' | 'cpu' | 'memory' | 'process' | 'uptime'>(true)
    const { output } = call
    if (output?.metric_type === 'uptime') {
      same<typeof output.system_seconds, number>(true)
      // @ts-expect-error the field belongs to another metric
      void output.cores
    }
  }
  if (call.name === 'days_between') {
    same<typeof call.input, { from: string; to: string }>(true)
    same<typeof call.output, { days: number } | undefined>(true)
  }
  // @ts-expect-error there is no such tool
  if (call.name === 'days_betwixt') continue
}

const decided = await client.api.tools.decide.mutate({ callId: '', decision: 'approve' })
same<typeof decided, AppToolCall>(true)

type Listed = Outputs['messages']['list']['messages'][number]['parts'][number]
same<Extract<Listed, { type: 'tool' }>['call'], AppToolCall>(true)

export function LastPart({ sessionId }: { sessionId: string }): string | undefined {
  const part = useSession(sessionId, ({ state }) => state?.messages.at(-1)?.parts.at(-1))
  if (part?.type === 'file') return part.file.name
  if (part?.type !== 'tool') return part?.text
  same<typeof part.call, AppToolCall>(true)
  return part.call.name
}

same<(typeof tools)[0]['name'], 'days_between'>(true)
