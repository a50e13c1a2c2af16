import { expect, test } from 'vitest'
import { z } from 'zod'
import { everythingOverHttp, everythingServer } from './testing/servers.ts'
import { outputOf, PATIENT, serve } from './testing/served-tools.ts'

test('the reference server’s tools are listed as they are: source, effect by their hints, schema', async () => {
  await using mcp = await serve([everythingServer()])
  expect(mcp.registry.list().find(({ name }) => name === 'everything__get-sum')).toMatchObject({
    source: 'mcp:everything',
    effect: 'read',
    approval: 'writes',
    inputSchema: { type: 'object', required: ['a', 'b'] },
  })
  expect(mcp.registry.needsApproval('everything__get-sum', {})).toBe(false)
  const toggle = mcp.registry.list().find(({ name }) => name.endsWith('toggle-simulated-logging'))
  expect(toggle).toMatchObject({ effect: 'once' })
  expect(mcp.registry.needsApproval(toggle?.name ?? '', {})).toBe(true)
  expect(mcp.names()).toContain('everything__simulate-research-query')
})

test('a tool of the reference server that can only be called as a task is called as one', async () => {
  // Shorter than the task.
  await using mcp = await serve([everythingServer()], { timeoutMs: 1_000 })
  const outcome = await mcp.call('everything__simulate-research-query', { topic: 'tides' })
  expect(JSON.stringify(outputOf(outcome).content)).toContain('tides')
}, 60_000)

test('the reference server answers over stdio, and is told nothing of this process’s environment', async () => {
  process.env.A_SECRET_OF_THIS_PROCESS = 'secret'
  await using mcp = await serve([everythingServer()])
  delete process.env.A_SECRET_OF_THIS_PROCESS
  const env = outputOf(await mcp.call('everything__get-env'))
  expect(JSON.stringify(env)).toContain('PATH')
  expect(JSON.stringify(env)).not.toContain('A_SECRET')
  const sum = outputOf(await mcp.call('everything__get-sum', { a: 2, b: 3 }))
  expect(sum.content).toEqual([{ type: 'text', text: 'The sum of 2 and 3 is 5.' }])
  const picture = outputOf(await mcp.call('everything__get-tiny-image'))
  expect(picture.content[1]).toMatchObject({ type: 'file' })
  expect(await mcp.call('everything__get-sum', { a: 'two' })).toMatchObject({
    ok: false,
    kind: 'failed',
    error: expect.stringContaining('get-sum'),
  })
})

test('the reference server’s resources are listed and read by tools of its own', async () => {
  await using mcp = await serve([everythingServer()])
  const listed = outputOf(await mcp.call('everything__list_resources'))
  const { resources, templates } = z
    .object({
      resources: z.array(z.object({ uri: z.string() })),
      templates: z.array(z.object({ uriTemplate: z.string() })),
    })
    .parse(listed.structuredContent)
  expect(templates.length).toBeGreaterThan(0)
  const read = outputOf(await mcp.call('everything__read_resource', { uri: resources[0]?.uri }))
  expect(read.content[0]).toMatchObject({ type: 'text', text: expect.stringMatching(/./) })
  expect(mcp.registry.needsApproval('everything__read_resource', {})).toBe(false)
  expect(await mcp.call('everything__read_resource', { uri: 'none://here' })).toMatchObject({
    ok: false,
    kind: 'failed',
  })
})

test('the reference server answers over HTTP: structured content, progress, and back after it was killed', async () => {
  const first = await everythingOverHttp()
  await using mcp = await serve([first.config])
  const weather = outputOf(
    await mcp.call('remote__get-structured-content', { location: 'Chicago' }),
  )
  expect(weather.structuredContent).toMatchObject({ humidity: 82 })
  const long = mcp.call('remote__trigger-long-running-operation', { duration: 0.2, steps: 4 })
  expect(await long).toMatchObject({ ok: true })
  expect(long.progress.at(-1)).toEqual({ done: 4, total: 4 })

  const cut = mcp.call('remote__trigger-long-running-operation', { duration: 30, steps: 300 })
  await expect.poll(() => cut.progress.length, PATIENT).toBeGreaterThan(0)
  await first.end()
  expect(await cut).toMatchObject({
    ok: false,
    kind: 'lost',
    error: expect.stringContaining('"remote"'),
  })
  await mcp.until(() => mcp.names().length === 0)
  expect(await mcp.call('remote__get-sum', { a: 1, b: 1 })).toMatchObject({ kind: 'unknown-tool' })
  await using second = await everythingOverHttp(first.port)
  await mcp.until(() => mcp.names().length > 0)
  expect(second.port).toBe(first.port)
  expect(await mcp.call('remote__get-sum', { a: 1, b: 1 })).toMatchObject({ ok: true })
})
