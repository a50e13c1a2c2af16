import { strToU8, zipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { quoted } from '../sessions/export/markdown.ts'
import { startTestApp } from '../testing/app.ts'
import type { TestApp } from '../testing/app.ts'
import { htmlText } from '../tools/fetch/html-text.ts'

/** The most expensive requests, each while another client checks that the server responds. */
const NOW = '2026-01-01T00:00:00.000Z'
const say = { author: { role: 'assistant' }, content: { content_type: 'text', parts: [''] } }

/** Each of a hundred nodes references the next one, and ten thousand times another. */
function repeatedIds(): object[] {
  const names = Array.from({ length: 10_000 }, () => 'a')
  const chain = Array.from({ length: 100 }, (_, index) => [
    `n${index}`,
    { parent: index > 0 ? `n${index - 1}` : null, children: [`n${index + 1}`, ...names] },
  ])
  return [{ mapping: Object.fromEntries([...chain, ['a', { parent: 'n0', children: [] }]]) }]
}

/** A long conversation that forks at its end, so that each branch contains all of it. */
function manyForks(): object[] {
  const ids = Array.from({ length: 4_000 }, (_, index) => `n${index}`)
  const leaves = Array.from({ length: 20_000 }, (_, index) => `l${index}`)
  const trunk = ids.map((id, index) => [
    id,
    {
      parent: ids[index - 1] ?? null,
      children: index + 1 < ids.length ? [ids[index + 1]] : leaves,
      message: index === 0 ? { ...say, content: { content_type: 'text', parts: ['text'] } } : say,
    },
  ])
  const ends = leaves.map((id) => [id, { parent: ids.at(-1), children: [], message: say }])
  return [{ mapping: Object.fromEntries([...trunk, ...ends]) }]
}

const CALLS = Array.from({ length: 150_000 }, (_, n) => `c${n}`)
const called = { name: 'f', arguments: '{}' }
const hi = { role: 'user', content: 'Hi' }

/** Only the first call has no output, which the last look at them finds. */
const postedCalls: [string, () => object][] = [
  [
    'responses',
    () => ({
      input: [
        hi,
        ...CALLS.map((id) => ({ type: 'function_call', call_id: id, ...called })),
        ...CALLS.slice(1).map((id) => ({ type: 'function_call_output', call_id: id, output: '' })),
        hi,
      ],
    }),
  ],
  [
    'chat/completions',
    () => ({
      messages: [
        hi,
        {
          role: 'assistant',
          tool_calls: CALLS.map((id) => ({ id, type: 'function', function: called })),
        },
        ...CALLS.slice(1).map((id) => ({ role: 'tool', tool_call_id: id, content: '' })),
        hi,
      ],
    }),
  ],
]

const files: [string, () => unknown][] = [
  ['one id, a million times', repeatedIds],
  ['a million levels', () => '['.repeat(1_000_000)],
  ['an answer that forks into gigabytes', manyForks],
  ['a million numbers', () => `[${'1,'.repeat(1_000_000)}1]`],
  [
    'a million faults',
    () => ({
      format: 'throughline',
      version: 1,
      exportedAt: NOW,
      sessions: Array.from({ length: 1_000 }, () => ({ messages: Array(300).fill({}) })),
    }),
  ],
  [
    'two messages of one id, among many',
    () => [
      {
        mapping: {
          ...Object.fromEntries(
            Array.from({ length: 100_000 }, (_, n) => [`n${n}`, { children: [] }]),
          ),
          a: { children: ['a'] },
        },
      },
    ],
  ],
]

describe('while one request asks for the worst, everybody else is answered:', () => {
  let app: TestApp
  let url = ''
  beforeAll(async () => {
    app = await startTestApp()
    url = await app.listen()
  })
  afterAll(() => app.close())

  /**
   * Returns the outcome of the work, how often the server responded meanwhile, and the share of the time for which a
   * single request waited. Work that is over before a second request can be sent held nobody up, and its count proves
   * nothing.
   */
  async function beside(
    work: () => Promise<unknown>,
  ): Promise<{ ended: unknown; alive: number; isShort: boolean; heldUp: number }> {
    const startedAt = performance.now()
    let isOver = false
    const working = work()
      .catch((error: unknown) => error)
      .finally(() => {
        isOver = true
      })
    let alive = 0
    let longest = 0
    while (!isOver) {
      const asked = performance.now()
      const response = await fetch(`${url}/livez`)
      expect(response.status).toBe(200)
      alive += 1
      longest = Math.max(longest, performance.now() - asked)
    }
    const ended = await working
    const took = performance.now() - startedAt
    return { ended, alive, isShort: took < 500, heldUp: longest / took }
  }

  test.each(files)('an import of %s is refused, and nothing of it is there', async (_, make) => {
    const data = make()
    const { ended, alive, isShort } = await beside(() => app.caller.sessions.import({ data }))
    expect(ended).toMatchObject({ code: 'BAD_REQUEST', message: expect.stringMatching(/^data/) })
    expect(isShort || alive > 1).toBe(true)
    expect((await app.caller.sessions.list()).items).toEqual([])
  })

  test('an archive of thousands of files, and of conversations full of ids, is looked through', async () => {
    const ids = Array.from({ length: 4_000 }, () => crypto.randomUUID())
    const named = Object.fromEntries(ids.map((id) => [`files/${id}/x`, new Uint8Array(1)]))
    // The archive has no message with these ids.
    const texts = `["${'00000000-0000-4000-8000-000000000000 '.repeat(800_000)}"]`
    const archive = zipSync({ 'conversations.json': strToU8(texts), ...named }, { level: 1 })
    const { ended, heldUp } = await beside(async () => {
      const response = await fetch(`${url}/api/session/import/zip`, {
        method: 'POST',
        body: new Uint8Array(archive),
      })
      return response.json()
    })
    expect(ended).toMatchObject({ code: 'BAD_REQUEST', message: expect.stringMatching(/^data/) })
    // Only parsing happens in one go in this thread.
    expect(heldUp).toBeLessThan(0.5)
  })

  const post = async (path: string, body: object): Promise<unknown> => {
    const response = await fetch(`${url}/v1/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return response.json()
  }

  test.each(postedCalls)('%s of 150,000 calls is read to its end', async (path, body) => {
    const { ended } = await beside(() => post(path, body()))
    const message = 'No tool output found for function call c0.'
    expect(ended).toMatchObject({ error: { message } })
  })

  test('the tokens of 150,000 calls and their outputs are counted', async () => {
    const input = [
      hi,
      ...CALLS.map((id) => ({ type: 'function_call', call_id: id, ...called })),
      ...CALLS.map((id) => ({ type: 'function_call_output', call_id: id, output: '' })),
    ]
    const { ended, alive, isShort } = await beside(() => post('responses/input_tokens', { input }))
    expect(ended).toMatchObject({ object: 'response.input_tokens' })
    expect(isShort || alive > 1).toBe(true)
  })

  test('a page of nested elements is given up', async () => {
    const html = '<div>'.repeat(200_000)
    const signal = new AbortController().signal
    const { ended, alive } = await beside(() => htmlText({ html, url: 'http://x.test/' }, signal))
    expect(ended).toMatchObject({ message: expect.stringMatching(/^The page/) })
    expect(alive).toBeGreaterThan(10)
  })

  test('a search for a long paragraph compares no more words than it may', async () => {
    const { sessions } = await app.caller.sessions.import({
      data: [{ mapping: { q: { children: [], message: words(20_000) } } }],
    })
    expect(sessions).toHaveLength(1)
    const query = Array.from({ length: 70 }, (_, index) => `wrod${index}`).join(' ')
    const { ended } = await beside(() => app.caller.sessions.search({ query }))
    expect(ended).toEqual([])
  })
})

function words(count: number): object {
  const text = Array.from({ length: count }, (_, index) => `word${index}`).join(' ')
  return { author: { role: 'user' }, content: { content_type: 'text', parts: [text] } }
}

test('Markdown of nothing but backslashes takes time that grows with its length, not its square', () => {
  // With quadratic time this would take most of an hour.
  expect(quoted('\\'.repeat(2_000_000))).toHaveLength(2_000_002)
})
