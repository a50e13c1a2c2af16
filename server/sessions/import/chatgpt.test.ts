import { describe, expect, test } from 'vitest'
import { ExportedSession } from '../../../shared/contract/export.ts'
import { ChatGptFile } from './chatgpt-file.ts'
import { fromChatGpt } from './chatgpt.ts'
import { checkTree } from './import-tree.ts'

const NOW = '2026-01-01T00:00:00.000Z'

type Said = { role: string; text?: string; content?: object; at?: number; [more: string]: unknown }

function node(parent: string | null, children: string[], said: Said | null) {
  if (!said) return { parent, children, message: null }
  const { role, name, text, content, at, ...more } = said
  return {
    parent,
    children,
    message: {
      author: { role, name },
      create_time: at ?? null,
      content: content ?? { content_type: 'text', parts: [text ?? ''] },
      recipient: 'all',
      ...more,
    },
  }
}

function convert(conversation: object): ExportedSession {
  const [session] = fromChatGpt(ChatGptFile.parse([conversation]), NOW)
  if (!session) throw new Error('nothing was read')
  checkTree(session, [0])
  return ExportedSession.parse(session)
}

function outline({ messages }: ExportedSession) {
  return messages.map(({ id, parentId, role, parts }) => [
    id,
    parentId,
    role,
    parts.map((part) =>
      part.type === 'tool' ? part.call.name : 'text' in part ? part.text : part.file.name,
    ),
  ])
}

describe('a conversation of ChatGPT’s', () => {
  test('keeps its branches and which one is active, and nothing that was hidden', () => {
    const session = convert({
      title: 'Soup',
      create_time: 1_700_000_000.5,
      update_time: 1_700_000_100,
      current_node: 'a2',
      mapping: {
        root: node(null, ['system'], null),
        system: node('root', ['context'], { role: 'system', text: '' }),
        context: node('system', ['q'], {
          role: 'user',
          text: 'About me',
          metadata: { is_visually_hidden_from_conversation: true },
        }),
        q: node('context', ['a1', 'a2'], { role: 'user', text: 'Soup?', at: 1_700_000_001 }),
        a1: node('q', ['q2'], {
          role: 'assistant',
          text: 'Leek.',
          metadata: { model_slug: 'gpt-4' },
        }),
        q2: node('a1', [], { role: 'user', text: 'No.' }),
        a2: node('q', [], { role: 'assistant', text: 'Pea.', at: 1_700_000_003.25 }),
      },
    })
    expect(outline(session)).toEqual([
      ['q', null, 'user', ['Soup?']],
      ['a1', 'q', 'assistant', ['Leek.']],
      ['q2', 'a1', 'user', ['No.']],
      ['a2', 'q', 'assistant', ['Pea.']],
    ])
    expect(session).toMatchObject({
      title: 'Soup',
      status: 'closed',
      activeLeaf: 'a2',
      createdAt: '2023-11-14T22:13:20.500Z',
      endedAt: '2023-11-14T22:15:00.000Z',
    })
    expect(session.messages[1]).toMatchObject({
      model: 'gpt-4',
      createdAt: '2023-11-14T22:13:21.000Z',
    })
  })

  test('has thoughts, calls and their results in one answer, and one for each way it forked', () => {
    const session = convert({
      current_node: 'end2',
      mapping: {
        q: node(null, ['think'], { role: 'user', text: 'Draw' }),
        think: node('q', ['run'], {
          role: 'assistant',
          content: { content_type: 'thoughts', thoughts: [{ summary: 'Hm', content: 'A plot' }] },
        }),
        run: node('think', ['out'], {
          role: 'assistant',
          recipient: 'python.run',
          content: { content_type: 'code', text: 'plot()' },
        }),
        out: node('run', ['end1', 'end2', 'gone'], {
          role: 'tool',
          name: 'python',
          content: { content_type: 'execution_output', text: 'done' },
        }),
        end1: node('out', [], { role: 'assistant', text: 'Here' }),
        end2: node('out', ['more'], {
          role: 'assistant',
          content: {
            content_type: 'multimodal_text',
            parts: ['There', { content_type: 'image_asset_pointer', asset_pointer: 'x' }],
          },
        }),
        gone: node('out', ['next'], { role: 'system', text: 'hidden' }),
        next: node('gone', [], { role: 'user', text: 'Wait' }),
        more: node('end2', [], { role: 'assistant', text: '', status: 'in_progress' }),
      },
    })
    expect(outline(session)).toEqual([
      ['q', null, 'user', ['Draw']],
      ['end1', 'q', 'assistant', ['Hm\n\nA plot', 'chatgpt__python_run', 'Here']],
      ['more', 'q', 'assistant', ['Hm\n\nA plot', 'chatgpt__python_run', 'There\n\n[image]']],
      ['out', 'q', 'assistant', ['Hm\n\nA plot', 'chatgpt__python_run']],
      ['next', 'out', 'user', ['Wait']],
    ])
    expect(session.activeLeaf).toBe('more')
    expect(session.messages[1]?.parts[1]).toMatchObject({
      call: { status: 'completed', input: { text: 'plot()' }, output: 'done' },
    })
    expect(session.messages[2]).toMatchObject({ status: 'interrupted' })
  })

  test('may begin with an answer, be empty, and have no times', () => {
    const session = convert({
      mapping: {
        hello: node(null, ['tool'], { role: 'assistant', text: 'Hello' }),
        tool: node('hello', ['q'], { role: 'tool', text: 'result' }),
        q: node('tool', [], { role: 'user', text: 'Hi' }),
      },
    })
    expect(outline(session)).toEqual([
      ['tool', null, 'assistant', ['Hello']],
      ['q', 'tool', 'user', ['Hi']],
    ])
    expect(session).toMatchObject({ title: null, createdAt: NOW, activeLeaf: 'q' })
    expect(convert({ mapping: {} })).toMatchObject({ messages: [], activeLeaf: null })
  })

  test('as deep as it may be does not exhaust the stack', () => {
    const mapping: Record<string, object> = {}
    for (let index = 0; index < 20_000; index += 1) {
      const parent = index === 0 ? null : `n${index - 1}`
      const role = index % 2 === 0 ? 'user' : 'assistant'
      const children = index === 19_999 ? [] : [`n${index + 1}`]
      mapping[`n${index}`] = node(parent, children, { role, text: 'x' })
    }
    expect(convert({ mapping, current_node: 'n19999' }).messages).toHaveLength(20_000)
  })

  test('that is no tree, or would grow beyond any bound, is refused with its place', () => {
    const say = { role: 'user', text: 'x' }
    expect(() =>
      convert({ mapping: { a: node(null, ['b', 'b'], say), b: node('a', [], say) } }),
    ).toThrow('data[0].mapping.b: has two parents')
    expect(() =>
      convert({ mapping: { a: node('b', ['b'], say), b: node('a', ['a'], say) } }),
    ).toThrow('data[0].mapping.a.parent')
    expect(() => convert({ mapping: { a: node(null, ['b'], say) } })).toThrow(
      'data[0].mapping.a.children[0]: there is no such node',
    )
    const ends = Array.from({ length: 200 }, (_, index) => `end${index}`)
    const mapping = {
      long: node(null, ends, { role: 'assistant', text: 'x'.repeat(1_000_000) }),
      ...Object.fromEntries(
        ends.map((end) => [end, node('long', [], { role: 'assistant', text: 'y' })]),
      ),
    }
    expect(() => convert({ mapping })).toThrow('forks into too much text')
  })

  test('may fork into much text, but not all conversations of the file together', () => {
    const ends = Array.from({ length: 80 }, (_, index) => `end${index}`)
    const mapping = {
      long: node(null, ends, { role: 'assistant', text: 'x'.repeat(1_000_000) }),
      ...Object.fromEntries(
        ends.map((end) => [end, node('long', [], { role: 'assistant', text: 'y' })]),
      ),
    }
    const read = (count: number) =>
      fromChatGpt(ChatGptFile.parse(Array.from({ length: count }, () => ({ mapping }))), NOW)
    expect(read(1)).toHaveLength(1)
    expect(() => read(2)).toThrow(
      /data\[1\]\.mapping\.end\d+: .* together; import them in several smaller files/,
    )
  })
})
