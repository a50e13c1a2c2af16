import fc from 'fast-check'
import type {
  ExportedCall,
  ExportedMessage,
  ExportedPart,
  ExportedRun,
  ExportedSession,
} from '../../../shared/contract/export.ts'

const time = fc
  .integer({ min: Date.UTC(2001, 0), max: Date.UTC(2099, 0) })
  .map((milliseconds) => new Date(milliseconds).toISOString())
/** Anything that JavaScript can hold as text and UTF-8 can carry. */
const text = fc.string({ unit: 'grapheme', maxLength: 40 })
const columnText = text.map((some) => some.replaceAll('\u0000', ''))
const maybe = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: null })
const usage = fc.record({
  inputTokens: fc.nat(),
  outputTokens: fc.nat(),
  costUsd: maybe(fc.constant(0.25)),
})
const json = fc
  .jsonValue({ maxDepth: 3 })
  .map((value): unknown => JSON.parse(JSON.stringify(value)))

const call = fc.record(
  {
    name: columnText,
    source: fc.constantFrom('builtin' as const, 'mcp:files' as const),
    effect: fc.constantFrom('read' as const, 'idempotent' as const, 'once' as const),
    status: fc.constantFrom(
      'completed' as const,
      'failed' as const,
      'denied' as const,
      'unknown' as const,
    ),
    input: json,
    output: json.filter((value) => value !== null),
    error: columnText,
    startedAt: time,
    durationMs: fc.nat(),
    providerId: columnText,
    arguments: columnText,
  },
  {
    requiredKeys: ['name', 'source', 'effect', 'status', 'input', 'providerId', 'arguments'],
  },
)
const textPart = fc.record({
  type: fc.constantFrom('text' as const, 'reasoning' as const, 'refusal' as const),
  text: fc.oneof(text, fc.constantFrom('a\u0000b', '\ud800 alone')),
})
const callPart = call.map((made) => ({ type: 'tool' as const, call: { ...made, step: 0 } }))

const answer = fc
  .record({
    parts: fc.array(fc.oneof(textPart, callPart), { maxLength: 5 }),
    status: fc.constantFrom('completed' as const, 'stopped' as const, 'failed' as const),
    model: maybe(columnText),
    usage: maybe(usage),
    finish: fc.constantFrom('stop' as const, 'length' as const, null),
    error: maybe(fc.constant({ code: 'budget' as const, message: 'Too dear.', retryable: false })),
    endedAt: maybe(time),
  })
  .map(({ parts, finish, endedAt, ...rest }) => ({ ...rest, ...withSteps(parts, finish, endedAt) }))

/** One step a call. */
function withSteps(
  parts: readonly ExportedPart[],
  finish: ExportedRun['finish'],
  endedAt: string | null,
): { parts: ExportedPart[]; run: ExportedRun } {
  const run: ExportedRun = { finish, startedAt: endedAt, endedAt, steps: [] }
  const placed = parts.map((part, index): ExportedPart => {
    if (part.type !== 'tool') {
      return part
    }
    const step = run.steps.length
    run.steps.push({ step, partsEnd: index + 1, model: 'm', finish: 'tool-calls', usage: null })
    const placedCall: ExportedCall = { ...part.call, step }
    return { type: 'tool', call: placedCall }
  })
  return { parts: placed, run }
}

const node = fc.record({
  createdAt: fc.oneof(time, fc.constant('2026-01-01T00:00:00.000Z')),
  /** Selects the parent among the messages before it: the index modulo their number. */
  parent: maybe(fc.nat(999)),
  question: fc.boolean(),
  text,
  answer,
})

/** Sessions as `sessions.export` writes them, of any shape of tree, many messages of the same millisecond among them. */
export const exportedSessions: fc.Arbitrary<ExportedSession> = fc
  .record({
    title: maybe(columnText),
    titleSource: fc.constantFrom('person' as const, 'model' as const, 'rule' as const, null),
    summary: maybe(columnText),
    status: fc.constantFrom('active' as const, 'closed' as const),
    model: maybe(columnText),
    systemPrompt: maybe(columnText),
    pinned: fc.boolean(),
    archived: fc.boolean(),
    tags: fc.uniqueArray(fc.constantFrom('work', 'home', 'Ärger', '旅行'), { maxLength: 3 }),
    createdAt: time,
    updatedAt: time,
    endedAt: maybe(time),
    durationMs: maybe(fc.nat()),
    nodes: fc.array(node, { maxLength: 12 }),
    leaf: fc.nat(999),
  })
  .map(({ nodes, leaf, ...session }) => {
    const messages: ExportedMessage[] = []
    for (const [index, made] of nodes.entries()) {
      const parent = made.parent === null ? null : (messages[made.parent % (index || 1)] ?? null)
      const common = {
        id: `message ${index}`,
        parentId: parent?.id ?? null,
        createdAt: made.createdAt,
      }
      messages.push(
        parent?.role === 'user' && !made.question
          ? { ...common, role: 'assistant', ...made.answer }
          : { ...common, role: 'user', parts: [{ type: 'text', text: made.text }] },
      )
    }
    const activeLeaf = messages[leaf % (messages.length || 1)]?.id ?? null
    // The file is in the order of time, in which a child may well stand before its parent.
    const inTime = messages.toSorted((a, b) =>
      a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : 0,
    )
    return { id: 'exported', ...session, activeLeaf, messages: inTime }
  })
