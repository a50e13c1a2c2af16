import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { connect as openDatabase } from '../../db/engine/connect.ts'
import { hashTranscripts } from '../../db/queries/transfer/tables.ts'
import { amount } from '../../scripts/testing/amount.ts'
import { debianPostgres } from '../../scripts/testing/postgres/debian-postgres.ts'
import { startPostgres } from '../../scripts/testing/postgres/postgres-server.ts'
import { temporaryFolder } from '../../scripts/testing/server-process.ts'
import { execute } from '../../scripts/testing/postgres/test-database.ts'
import { ask, startNode } from '../support/processes/nodes.ts'
import { isOver, readSession } from '../support/processes/reader.ts'
import { reportTimes } from '../support/processes/report-times.ts'

/** The drill of docs/operations.md: a dump that is made while people write is restored elsewhere, with the files. */

const SESSIONS = amount(4, 200)
/** Long enough that this answer is being written during the whole dump. */
const WORDS = amount(400, 1_000)
const AT_ONCE = amount(1, 8)
const run = promisify(execFile)

const programs = debianPostgres()
if ('missing' in programs) console.log(`Dump and restore are not tried: ${programs.missing}.`)
const path = 'path' in programs ? programs.path : ''

test.skipIf(path === '')(
  'a dump that is made in the middle of an answer has every conversation as it was when it is restored, and the answer goes on there',
  async () => {
    await using opened = new AsyncDisposableStack()
    const postgres = await startPostgres({ fsync: 'off' }, { programs: path })
    opened.defer(() => postgres.stop())
    await execute(postgres.url('postgres'), 'create database restored')
    const [here, there] = [
      opened.use(await temporaryFolder()).path,
      opened.use(await temporaryFolder()).path,
    ]
    const dump = join(there, 'throughline.dump')
    const content = randomBytes(300_000).toString('base64')
    let fileId = ''
    let before = new Map<string, string>()
    let cut = ''
    {
      const settings = { DATABASE_URL: postgres.url('postgres'), DATA_DIR: here }
      await using node = await startNode(settings)
      for (let done = 0; done < SESSIONS; done += AT_ONCE) {
        await Promise.all(
          Array.from({ length: AT_ONCE }, async () => {
            await using reader = readSession(node.client, await ask(node, 'What is the time?'))
            await reader.until(isOver)
          }),
        )
      }
      const body = new FormData()
      body.append('file', new Blob([content]), 'notes.txt')
      const sent = await fetch(`${node.server.url}/api/files`, { method: 'POST', body })
      const file: unknown = await sent.json()
      if (typeof file === 'object' && file !== null && 'id' in file) fileId = String(file.id)
      cut = await ask(node, `Write ${WORDS} words about bridges`)
      await using reader = readSession(node.client, cut)
      await reader.until(({ answer }) => (answer?.text.length ?? 0) > 200)
      before = await transcriptsIn(postgres.url('postgres'))
      const beganAt = performance.now()
      await run(join(path, 'pg_dump'), [
        ...['--format=custom', '--file', dump],
        postgres.url('postgres'),
      ])
      reportTimes(`The dump of ${SESSIONS} conversations`, [performance.now() - beganAt])
      expect(reader.answer?.status).toBe('running')
    }
    const beganAt = performance.now()
    const url = postgres.url('restored')
    await run(join(path, 'pg_restore'), ['--no-owner', '--exit-on-error', '--dbname', url, dump])
    reportTimes('Its restoration', [performance.now() - beganAt])
    await cp(join(here, 'files'), join(there, 'files'), { recursive: true })

    const after = await transcriptsIn(url)
    expect([...after.keys()].toSorted()).toEqual([...before.keys()].toSorted())
    const differing = [...before].filter(([id, hash]) => after.get(id) !== hash)
    console.log(
      `Conversations with another hash: ${differing.length} of ${before.size}, ${cut === differing[0]?.[0] ? 'the one in which an answer was being written' : 'compared'}`,
    )
    // Of the answer that was being written it has what was written until then.
    expect(differing.map(([id]) => id).filter((id) => id !== cut)).toEqual([])

    await using node = await startNode({ DATABASE_URL: url, DATA_DIR: there })
    const restored = await fetch(`${node.server.url}/api/files/${fileId}`)
    expect(await restored.text()).toBe(content)
    await using reader = readSession(node.client, cut)
    await reader.until(isOver)
    expect(reader.answer?.status).toBe('completed')
    expect(reader.broken).toEqual([])
  },
)

async function transcriptsIn(databaseUrl: string): Promise<Map<string, string>> {
  const database = await openDatabase({ databaseUrl, poolSize: 2 })
  try {
    return await hashTranscripts(database.db)
  } finally {
    await database.close()
  }
}
