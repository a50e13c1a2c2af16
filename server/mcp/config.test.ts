import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { ConfigError } from '../config/config.ts'
import { parseMcpConfig, readMcpConfig } from './config.ts'

function problemsOf(file: unknown): string[] {
  try {
    parseMcpConfig(typeof file === 'string' ? file : JSON.stringify(file))
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

test('servers are processes or addresses; a person is asked about what writes unless it is said otherwise', () => {
  const servers = parseMcpConfig(
    JSON.stringify({
      mcpServers: {
        files: { type: 'stdio', command: 'npx', args: ['-y', 'files'], env: { TOKEN: 't' } },
        'far-away': {
          url: 'https://example.com/mcp',
          headers: { 'X-Key': 'k' },
          approval: 'always',
        },
      },
    }),
  )
  expect(servers).toEqual([
    {
      name: 'files',
      approval: 'writes',
      kind: 'stdio',
      command: 'npx',
      args: ['-y', 'files'],
      env: { TOKEN: 't' },
      cwd: undefined,
    },
    {
      name: 'far-away',
      approval: 'always',
      kind: 'http',
      url: 'https://example.com/mcp',
      headers: { 'X-Key': 'k' },
    },
  ])
})

test('the example in the documentation is one', async () => {
  const page = await readFile(new URL('../../docs/tools.md', import.meta.url), 'utf8')
  const example = /```json\n([^]*?)```/.exec(page)?.[1] ?? ''
  // The dots are a placeholder for a token.
  const servers = parseMcpConfig(example.replace('…', 'token'))
  expect(servers.map(({ name, approval }) => [name, approval])).toEqual([
    ['files', 'writes'],
    ['tickets', 'always'],
  ])
})

test('every problem is told at once, by its place and never by its value', () => {
  const problems = problemsOf({
    mcpServers: {
      two__parts: { command: 'x' },
      a: { command: 7, env: { TOKEN: ['s3cret'] } },
      b: { command: 'x', url: 'https://s3cret.example.com' },
      c: { url: 'ftp://s3cret', headers: { 'bad name': 'v', Authorization: 's3cret\ns3cret' } },
      d: { command: 'x', approval: 's3cret', aproval: 's3cret' },
      e: {},
      f: 's3cret',
    },
    other: 's3cret',
  })
  expect(problems).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^MCP_CONFIG: mcpServers\.two__parts: the name of a server is at most/),
      'MCP_CONFIG: mcpServers.a.command: must be text.',
      'MCP_CONFIG: mcpServers.a.env.TOKEN: must be text.',
      'MCP_CONFIG: mcpServers.b: must have either "command" or "url".',
      'MCP_CONFIG: mcpServers.c.url: must be an http or https address.',
      'MCP_CONFIG: mcpServers.c.headers.bad name: is no name of a header.',
      'MCP_CONFIG: mcpServers.c.headers.Authorization: must be one line of Latin text.',
      'MCP_CONFIG: mcpServers.d.approval: must be "never", "writes" or "always".',
      'MCP_CONFIG: mcpServers.d.aproval: is not known.',
      'MCP_CONFIG: mcpServers.e: must have either "command" or "url".',
      'MCP_CONFIG: mcpServers.f: must be an object.',
      'MCP_CONFIG: other: is not known.',
    ]),
  )
  expect(problems.join()).not.toContain('s3cret')
})

test('a file that is no JSON is told by its line alone', () => {
  expect(problemsOf('{\n  "mcpServers": {\n    "a": s3cret\n')).toEqual([
    expect.stringMatching(/^MCP_CONFIG: the file is not valid JSON( \(at line 3\))?\.$/),
  ])
  expect(problemsOf('[]')).toEqual(['MCP_CONFIG: must be an object.'])
})

test('a file that is not there is told by its setting', async () => {
  await expect(readMcpConfig('/nowhere/s3cret.json')).rejects.toMatchObject({
    problems: ['MCP_CONFIG: the file cannot be read (ENOENT).'],
  })
  expect(await readMcpConfig(null)).toEqual([])
})
