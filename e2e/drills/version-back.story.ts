import { spawnSync } from 'node:child_process'
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { expect, test } from 'vitest'
import { startServer, temporaryFolder } from '../../scripts/testing/server-process.ts'
import { createTestDatabase } from '../../scripts/testing/postgres/test-database.ts'
import { connect } from '../../shared/client/index.ts'
import { LEASE, ask, startNode } from '../support/processes/nodes.ts'
import type { Node } from '../support/processes/nodes.ts'
import { isOver, logOf, readSession } from '../support/processes/reader.ts'

/** The drill of docs/releases.md: the version before on the newest schema, beside the new one and after it. */

const root = join(import.meta.dirname, '../..')
/** Of the version before, whose database is kept in db/releases. */
const BEFORE = { version: '0.1.0-2026-11-23', commit: '313c465f134d93c57b329e49ac71144242770dd6' }

const reason = reasonToSkip()
if (reason !== null) {
  console.log(`The version before is not started on the newest schema: ${reason}.`)
}

test.skipIf(reason !== null)(
  `version ${BEFORE.version} runs on the newest schema, beside the new version and after it was taken back`,
  async () => {
    await using opened = new AsyncDisposableStack()
    const folder = opened.use(await temporaryFolder()).path
    const unpacked = spawnSync(
      'sh',
      ['-c', `git archive ${BEFORE.commit} | tar x -C "$0"`, folder],
      { cwd: root },
    )
    expect(unpacked.status).toBe(0)
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
    const database = opened.use(await createTestDatabase())
    const settings = { DATABASE_URL: database.url }
    const newer = opened.use(await startNode(settings))
    const startOlder = async (): Promise<Node> => {
      const env = { ...settings, RUN_LEASE_SECONDS: String(LEASE), LLM_MAX_TOKENS: '20000' }
      const server = opened.use(await startServer(env, join(folder, 'server/main.ts')))
      return { server, client: opened.use(connect({ url: server.url })), ...NOTHING }
    }
    const older = await startOlder()

    // Each writes what the other one's readers see.
    for (const [writes, reads] of [
      [newer, older],
      [older, newer],
    ] as const) {
      await using reader = readSession(
        reads.client,
        await ask(writes, 'Write 40 words about lakes'),
      )
      await reader.until(isOver)
      expect(reader.answer?.status).toBe('completed')
      expect(reader.broken).toEqual([])
    }
    // The new version is taken back in the middle of an answer, which the version before ends.
    const id = await ask(newer, 'Write 400 words about bridges')
    await using reader = readSession(older.client, id)
    await reader.until(({ answer }) => (answer?.text.length ?? 0) > 200)
    expect(await newer.server.end('SIGTERM')).toBe(0)
    await reader.until(isOver)
    expect(reader.answer?.status).toBe('completed')
    expect(reader.broken).toEqual([])
    const log = await logOf(older.client, id)
    expect(log.filter(({ event }) => event.type === 'end')).toHaveLength(1)
    // It starts on that schema, too.
    await older.server.end('SIGTERM')
    const again = await startOlder()
    await using last = readSession(again.client, await ask(again, 'Hello'))
    await last.until(isOver)
    expect(last.answer?.status).toBe('completed')
  },
)

const NOTHING = { [Symbol.asyncDispose]: async () => undefined }

function reasonToSkip(): string | null {
  if (process.env.LONG !== '1') return 'that is done by npm run test:long'
  const { status } = spawnSync('git', ['cat-file', '-e', `${BEFORE.commit}^{commit}`], {
    cwd: root,
  })
  return status === 0 ? null : 'its commit is not in this clone'
}
