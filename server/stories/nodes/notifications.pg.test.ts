import pg from 'pg'
import { pino } from 'pino'
import type { Logger } from 'pino'
import { describe, expect, test } from 'vitest'
import { createTestDatabase } from '../../../scripts/testing/postgres/test-database.ts'
import { startTwoApps } from '../../testing/two-apps.ts'
import { textOf, watch } from '../../testing/clients/watch.ts'

function recordingLogger(lines: string[]): Logger {
  return pino({ level: 'error' }, { write: (line: string) => void lines.push(line) })
}

/** A role that may connect to the database and nothing else. */
async function openStranger(databaseUrl: string) {
  const role = `stranger_${crypto.randomUUID().replaceAll('-', '')}`
  const admin = new pg.Client({ connectionString: databaseUrl })
  await admin.connect()
  await admin.query(`create role ${role} login`)
  const url = new URL(databaseUrl)
  url.username = role
  const client = new pg.Client({ connectionString: url.href })
  await client.connect()
  const heard: string[] = []
  client.on('notification', ({ payload = '' }) => heard.push(payload))
  await client.query('listen throughline')
  return {
    heard,
    say: (payload: string) => client.query('select pg_notify($1, $2)', ['throughline', payload]),
    [Symbol.asyncDispose]: async () => {
      await client.end()
      await admin.query(`drop role ${role}`)
      await admin.end()
    },
  }
}

describe('a role that may only connect', () => {
  test('hears nothing that it can read, and nothing that it says is believed (P2, P10)', async () => {
    const logged: string[] = []
    await using storage = await createTestDatabase()
    await using nodes = await startTwoApps({
      env: { DATABASE_URL: storage.url },
      logger: recordingLogger(logged),
    })
    const { first, second } = nodes
    await using stranger = await openStranger(storage.url)
    const { id } = await first.caller.sessions.create({})
    await using there = watch(second.caller, id)
    await there.untilEvent('snapshot')
    await first.caller.messages.send({ sessionId: id, text: 'Unheard of' })
    const call = await first.model.nextCall()
    call.say('confidential ')
    await there.untilEvent('chunk')
    await expect.poll(() => stranger.heard.length).toBeGreaterThan(1)
    const all = stranger.heard.join('\n')
    const owner = await first.caller.me()
    for (const secret of [
      id,
      owner.id,
      first.node.id,
      'Unheard of',
      'confidential',
      'chunk',
      '"',
    ]) {
      expect(all).not.toContain(secret)
    }

    const answer = there.state?.messages.at(-1)
    const seq = Number(there.events.at(-1)?.seq)
    const from = crypto.randomUUID()
    const forged = [
      { type: 'session-deleted', sessionId: id, userId: owner.id, runId: answer?.runId },
      { type: 'stop', runId: answer?.runId },
      {
        type: 'events',
        events: [
          {
            sessionId: id,
            seq: seq + 1,
            event: {
              type: 'chunk',
              messageId: answer?.id,
              part: 0,
              kind: 'text',
              offset: 'confidential '.length,
              text: 'forged',
            },
          },
        ],
      },
      { type: 'logs', logs: [{ sessionId: id, structural: 'x' }] },
    ].map((message) => JSON.stringify({ from, message }))
    const replayed = [...stranger.heard]
    const cut = replayed.flatMap((one) => [one.slice(0, -4), one.slice(4), `${one.slice(0, 40)}A`])
    for (const payload of [...forged, ...replayed, ...cut, '', '{', 'null', 'A'.repeat(7_999)]) {
      await stranger.say(payload)
    }
    call.say('indeed.')
    await there.until(({ state }) =>
      textOf(state, state?.messages.at(-1)?.id ?? '').endsWith('indeed.'),
    )
    call.finish()
    expect(await there.untilEvent('end')).toMatchObject({ outcome: 'completed' })
    await using fresh = watch(second.caller, id)
    await fresh.untilEvent('snapshot')
    expect(there.state).toEqual(fresh.state)
    expect(textOf(there.state, answer?.id ?? '')).toBe('confidential indeed.')
    const seqs = there.events.map((event) => Number(event.seq))
    expect(seqs).toEqual([...new Set(seqs)].toSorted((a, b) => a - b))
    // One log line per node, not one per forged notification, and without its content.
    const lines = logged.filter((line) => line.includes('notifications were ignored'))
    expect(lines).toHaveLength(2)
    expect(logged.join('\n')).not.toContain('forged')
  })

  test('cannot end the reading of a session that was made again, by saying again that it was deleted', async () => {
    await using storage = await createTestDatabase()
    await using nodes = await startTwoApps({ env: { DATABASE_URL: storage.url } })
    const { first, second } = nodes
    const { id } = await first.caller.sessions.create({})
    await using stranger = await openStranger(storage.url)
    await first.caller.sessions.delete({ id })
    await expect.poll(() => stranger.heard.length).toBeGreaterThan(0)
    const heard = [...stranger.heard]
    await first.caller.sessions.create({ id, title: 'Again' })
    await using there = watch(second.caller, id)
    await there.untilEvent('snapshot')
    for (const payload of heard) {
      await stranger.say(payload)
    }
    await first.caller.messages.send({ sessionId: id, text: 'Hello' })
    const call = await first.model.nextCall()
    call.say('Hello.')
    call.finish()
    expect(await there.untilEvent('end')).toMatchObject({ outcome: 'completed' })
  })
})
