import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { startTestApp } from '../../testing/app.ts'
import { startConversation } from '../../testing/conversation.ts'
import { postgresStorage } from '../../testing/postgres-storage.ts'
import { startTwoApps } from '../../testing/two-apps.ts'
import { watch } from '../../testing/clients/watch.ts'

test('a node that closes gives its runs up, so that the next start need not wait for its lease (P6)', async () => {
  await using storage = await postgresStorage()
  await using other = await startTestApp({ env: { ...storage.env } })
  // The other node may take nothing over during the test.
  await using talk = await startConversation(async () => ({
    env: storage.env,
    [Symbol.asyncDispose]: async () => undefined,
  }))
  const { app, sessionId, live } = talk
  await app.caller.messages.send({ sessionId, text: 'Hello' })
  const call = await app.model.nextCall()
  call.say('One')
  await live.untilEvent('chunk')
  const { db } = other.services.database
  await sql`create table released (run uuid, owner uuid)`.execute(db)
  await sql`create function note() returns trigger language plpgsql as $$
    begin insert into released values (new.id, new.owner); return new; end $$`.execute(db)
  await sql`create trigger note after update on runs for each row
    when (new.owner is null and new.status = 'running') execute function note()`.execute(db)
  await app.close()
  const { rows } = await sql`select owner from released`.execute(db)
  expect(rows).toEqual([{ owner: null }])
})

test('a call that a node tried again and died with is unknown to the others, without a restart (P7, P13)', async () => {
  await using nodes = await startTwoApps()
  const { first, second } = nodes
  const { id: sessionId } = await first.caller.sessions.create({})
  await using live = watch(second.caller, sessionId)
  await live.untilEvent('snapshot')
  await first.caller.messages.send({ sessionId, text: 'Hello' })
  const call = await first.model.nextCall()
  call.callTools({ name: 'get_system_metrics', arguments: { metric_type: 'uptime' } })
  const last = await first.model.nextCall()
  last.say('Long.')
  last.finish()
  await live.untilEvent('end')
  const { db } = first.services.database
  await sql`update tool_calls set status = 'running', effect = 'once', owner = gen_random_uuid()`.execute(
    db,
  )
  const status = () => {
    const part = live.state?.messages.at(-1)?.parts.find(({ type }) => type === 'tool')
    return part?.type === 'tool' ? part.call.status : null
  }
  await live.until(() => status() === 'unknown')
  const { rows } = await sql`select owner from tool_calls`.execute(db)
  expect(rows).toEqual([{ owner: null }])
})
