import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { amount } from '../../scripts/testing/amount.ts'
import { startPostgres } from '../../scripts/testing/postgres/postgres-server.ts'
import { isApiError } from '../../shared/client/index.ts'
import { talkFile } from '../../server/sessions/testing/talk-file.ts'
import { ask, startNode } from '../support/processes/nodes.ts'
import type { Node } from '../support/processes/nodes.ts'
import { isOver, knowsAll, logOf, readSession } from '../support/processes/reader.ts'
import { reportTimes } from '../support/processes/report-times.ts'
import { mountSmallDisk } from '../support/faults/small-disk.ts'
import type { SmallDisk } from '../support/faults/small-disk.ts'

/** The drill of docs/operations.md: the disk is full in the middle of answers, and has room again later. */

const ANSWERS = amount(4, 24)
/** Long enough that answers are under way when the disk is full. */
const WORDS = amount(1_500, 2_000)
const MEGABYTES = amount(200, 600)

const databases = {
  'of Postgres': async (disk: SmallDisk, opened: AsyncDisposableStack) => {
    const settings = { max_wal_size: '32MB', min_wal_size: '32MB' }
    const postgres = await startPostgres(settings, { parent: disk.path })
    opened.defer(() => postgres.stop())
    return startNode({ DATABASE_URL: postgres.url('postgres'), DATA_DIR: `${disk.path}/data` })
  },
  'of the embedded database and of files': (disk: SmallDisk) =>
    startNode({ DATA_DIR: `${disk.path}/data` }),
}

test.each(Object.entries(databases))(
  'a full disk %s is told by its name, nothing is lost, and everything goes on when there is room (P2, P5, P9)',
  async (_name, start) => {
    await using opened = new AsyncDisposableStack()
    const disk = await mountSmallDisk(MEGABYTES)
    if (disk === null) {
      console.log('The disk is not filled: only root can mount one for it, and not everywhere.')
      return
    }
    opened.use(disk)
    const node = opened.use(await start(disk, opened))
    const { client } = node
    const ids = await Promise.all(
      Array.from({ length: ANSWERS }, () => ask(node, `Write ${WORDS} words about lakes`)),
    )
    const readers = ids.map((id) => opened.use(readSession(client, id)))
    const begun = readers.map((one) => one.until(({ answer }) => (answer?.text.length ?? 0) > 100))
    await Promise.all(begun)

    await disk.fill()
    const kept: string[] = []
    expect(await untilRefused(node, kept)).toMatchObject({
      data: { code: 'SERVICE_UNAVAILABLE', reason: 'database' },
      message: expect.stringContaining('The disk of the database is full.'),
    })
    expect(await upload(node)).toMatchObject({ message: expect.stringContaining('is full') })
    expect((await fetch(`${node.server.url}/livez`)).status).toBe(200)
    // Reading is still possible.
    const { items } = await client.api.sessions.list.query({})
    expect(items.length).toBeGreaterThan(0)

    const underWay = readers.filter((one) => !isOver(one)).length
    console.log(`Answers under way while the disk is full: ${underWay} of ${ANSWERS}`)
    expect(underWay).toBeGreaterThan(0)
    await disk.empty()
    const emptiedAt = performance.now()
    for (const reader of readers) await reader.until(isOver)
    const next = readers.flatMap(({ seen }) => seen.find(({ at }) => at > emptiedAt)?.at ?? [])
    reportTimes(
      'From room on the disk to the next event',
      next.map((at) => at - emptiedAt),
    )
    for (const reader of readers) {
      expect(reader.broken).toEqual([])
      expect(reader.answer?.status).toBe('completed')
      expect(await knowsAll(reader, client)).toBe(true)
      const log = await logOf(client, reader.state?.session.id ?? '')
      expect(log.filter(({ event }) => event.type === 'end')).toHaveLength(1)
    }
    for (const id of kept) expect(await client.api.sessions.get.query({ id })).toMatchObject({ id })
    expect(await upload(node)).toMatchObject({ id: expect.any(String) })
  },
)

/** Writes until the database has no room; collects the ids of what it acknowledged. */
async function untilRefused({ client }: Node, kept: string[]): Promise<unknown> {
  const { sessions } = client.api
  // A database has room in files that it has already. Large steps use that up while answers are still under way.
  await repeat(400_000, async (text) => {
    const made = await sessions.import.mutate({ data: talkFile('Large', [text]) })
    return made.sessions
  })
  return repeat(15_000, async (text) => [await sessions.create.mutate({ systemPrompt: text })])

  /** Returns the error that ends it. */
  async function repeat(bytes: number, write: (text: string) => Promise<{ id: string }[]>) {
    for (;;) {
      try {
        // Random, so that it cannot be compressed.
        const written = await write(randomBytes(bytes).toString('base64'))
        kept.push(...written.map(({ id }) => id))
      } catch (error) {
        if (!isApiError(error)) throw error
        return error
      }
    }
  }
}

async function upload({ server }: Node): Promise<unknown> {
  const body = new FormData()
  body.append('file', new Blob([randomBytes(300_000).toString('base64')]), 'notes.txt')
  const response = await fetch(`${server.url}/api/files`, { method: 'POST', body })
  return response.json()
}
