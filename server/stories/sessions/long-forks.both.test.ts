import { describe, expect, test } from 'vitest'
import { readBranchIds } from '../../../db/queries/transfer/exports.ts'
import { ExportFile } from '../../../shared/contract/export.ts'
import type { ExportedMessage } from '../../../shared/contract/export.ts'
import { MessageId, SessionId } from '../../../shared/contract/ids.ts'
import { talkFile } from '../../sessions/testing/talk-file.ts'
import { sessionWithoutIds } from '../../sessions/testing/without-ids.ts'
import { startTestApp } from '../../testing/app.ts'
import type { TestApp } from '../../testing/app.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { newPostgresStorage } from '../../testing/postgres-storage.ts'
import { recordStatements } from '../../testing/statements.ts'

/** The number of messages that are read at once. */
const PAGE = 50
const AT = '2026-01-01T00:00:00.000Z'

type Kind = 'question' | 'answer' | 'joined'

/**
 * A branch of three pages that begins with an answer. The first page ends between a question and its answer, and the
 * second one between an answer and a message that joined it.
 */
function longFile(): ExportFile {
  const kinds = Array.from({ length: 3 * PAGE }, (_, index): Kind => {
    if (index === PAGE + 1 || index === 2 * PAGE) return 'joined'
    const answersAreOdd = index > PAGE && index <= 2 * PAGE
    return (index % 2 === 1) === answersAreOdd ? 'answer' : 'question'
  })
  const messages = kinds.map((kind, index) => messageOf(kind, index))
  const file = talkFile('Long', ['Hello'])
  const sessions = file.sessions.map((session) => ({
    ...session,
    ...{ messages, activeLeaf: String(messages.length - 1) },
  }))
  return ExportFile.parse({ ...file, sessions })
}

function messageOf(kind: Kind, index: number): ExportedMessage {
  const common = {
    id: String(index),
    parentId: index === 0 ? null : String(index - 1),
    createdAt: AT,
  }
  const text = { type: 'text' as const, text: `${index} ${'x'.repeat(8_000)}` }
  if (kind !== 'answer') {
    return { ...common, role: 'user', ...(kind === 'joined' && { joinedPart: 1 }), parts: [text] }
  }
  const call = {
    ...{ name: 'look', source: 'builtin' as const, effect: 'read' as const, step: 0 },
    ...{ status: 'completed' as const, input: { index }, output: [index], providerId: 'p' },
    arguments: JSON.stringify({ index }),
  }
  const step = { step: 0, partsEnd: 1, model: 'm', finish: 'tool-calls', usage: null }
  const hasRun = index > 0
  return {
    ...{ ...common, role: 'assistant', status: 'completed', model: 'm', usage: null, error: null },
    run: hasRun ? { finish: 'stop', startedAt: AT, endedAt: AT, steps: [step] } : null,
    parts: hasRun ? [{ type: 'tool', call }, text] : [text],
  }
}

async function exportedOf({ caller }: TestApp, id: string) {
  const { content } = await caller.sessions.export({ id, format: 'json' })
  const [session] = ExportFile.parse(JSON.parse(content)).sessions
  if (!session) throw new Error('no session')
  return session
}

/** For each message of a branch, the place of the first one with the same run; null without a run. */
async function placesOfRuns({ services }: TestApp, sessionId: string, leaf: string | null) {
  const { database } = services
  const id = SessionId.parse(sessionId)
  const ids = await readBranchIds(database, id, MessageId.parse(leaf))
  const rows = await database.db
    .selectFrom('messages')
    .select(['id', 'run_id as runId'])
    .where('session_id', '=', id)
    .execute()
  const runOf = new Map(rows.map((row) => [row.id, row.runId]))
  const runs = ids.map((one) => runOf.get(one) ?? null)
  return runs.map((run) => (run === null ? null : runs.indexOf(run)))
}

onEachStorage((database, openStorage) => {
  describe(`a fork of a long branch, on ${database}`, () => {
    test('is the same branch in a new session, also at once, and is never whole in memory (P12)', async () => {
      using recorded = recordStatements()
      // Statements on connections of an earlier test would not be recorded.
      await using storage = await (database === 'Postgres' ? newPostgresStorage() : openStorage())
      await using app = await startTestApp(storage)
      const { sessions } = await app.caller.sessions.import({ data: longFile() })
      const source = await exportedOf(app, sessions[0]?.id ?? '')
      const leaf = source.activeLeaf
      const places = await placesOfRuns(app, source.id, leaf)
      expect(places[PAGE]).toBe(PAGE - 1)
      expect(places[2 * PAGE]).toBe(places[2 * PAGE - 1])

      const begun = recorded.seen.length
      const forked = await app.caller.sessions.fork({ messageId: leaf ?? '' })
      if (database === 'Postgres') {
        const seen = recorded.seen.slice(begun)
        const isRead = (text: string) => /earlier_runs.*left join runs as first/.test(text)
        const written = seen.findIndex((text) => text.startsWith('insert into "messages"'))
        expect(written).toBeGreaterThan(0)
        // The pages that are read when the first one has been written.
        expect(seen.slice(written).filter(isRead)).toHaveLength(2)
      }
      const forks = await Promise.all(
        Array.from({ length: database === 'Postgres' ? 12 : 2 }, () =>
          app.caller.sessions.fork({ messageId: leaf ?? '' }),
        ),
      )
      for (const { id } of [forked, ...forks.slice(0, 2)]) {
        const copy = await exportedOf(app, id)
        expect(sessionWithoutIds(copy)).toEqual({
          ...Object(sessionWithoutIds(source)),
          ...{ createdAt: copy.createdAt, updatedAt: copy.updatedAt },
        })
        expect(await placesOfRuns(app, id, copy.activeLeaf)).toEqual(places)
      }
    })
  })
})
