// A server with a tool of one's own, and a client whose types know it: node custom-tool.ts
import { connect } from 'throughline/client'
import { createApp, createLogger, defineTool, readConfig } from 'throughline/server'
import { z } from 'zod'

const daysBetween = defineTool({
  name: 'days_between',
  description: 'Counts the days from one date to another.',
  input: z.object({ from: z.iso.date(), to: z.iso.date() }),
  output: z.object({ days: z.int() }),
  effect: 'read',
  approval: 'never',
  execute: async ({ from, to }) => ({ days: (Date.parse(to) - Date.parse(from)) / 86_400_000 }),
})

export const tools = [daysBetween] as const

// From here on every type of the client knows the tools: events, messages, hooks.
declare module 'throughline/server' {
  interface Register {
    tools: typeof tools
  }
}

await using app = await createApp({
  config: readConfig({ DATA_DIR: 'memory:', SERVER_PORT: '0' }),
  logger: createLogger('warn', false),
  tools,
})
await using client = connect({ url: await app.listen() })
const { id, seq } = await client.api.sessions.create.mutate({})
const session = client.session(id)
await session.send('Use days_between with {"from":"2026-01-01","to":"2026-12-25"}')
for await (const { event } of session.events({ after: seq })) {
  if (event.type === 'tool' && event.call.name === 'days_between' && event.call.output) {
    const { input, output } = event.call
    console.log(`From ${input.from} to ${input.to}: ${output.days} days`)
  }
  if (event.type === 'end') break
}
