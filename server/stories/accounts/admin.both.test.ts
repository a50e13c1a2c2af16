import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { Storage } from '../../testing/app.ts'
import { askFirst } from '../../testing/ask-first.ts'
import { callerAs, makePerson, startForCallers } from '../../testing/clients/callers.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { watch } from '../../testing/clients/watch.ts'

/** Administrators' views and actions, and the audit log, on either database. */
onEachStorage((database, openStorage) => {
  describe(`administration, on ${database}`, () => {
    test('what is recorded says who did what to what from where, newest first', async () => {
      await using storage = await openStorage()
      await using app = await start(storage)
      const id = await makePerson(app, { name: 'Ann' })
      const ann = await callerAs(app, id, { address: '203.0.113.7' })
      const { id: sessionId } = await ann.sessions.create({ title: 'Secret title' })
      await using live = watch(ann, sessionId)
      await live.untilEvent('snapshot')
      app.model.plan({ tools: [{ name: 'ask_first', input: {} }] }, 'Done.')
      await ann.messages.send({ sessionId, text: 'Go' })
      const { call } = await live.untilEvent('tool')
      await expect.poll(() => statusOf(app, call.id), { timeout: 30_000 }).toBe('awaiting-approval')
      await ann.tools.decide({ callId: call.id, decision: 'approve' })
      await live.untilEvent('end')
      const share = await ann.shares.create({ sessionId })
      await ann.shares.revoke({ token: share.token })
      await ann.sessions.export({ id: sessionId, format: 'markdown' })
      await ann.sessions.delete({ id: sessionId })
      const admin = await callerAs(app, await makePerson(app, { role: 'admin' }))
      const { items } = await admin.admin.audit({ userId: id })
      const from = { actorId: id, actorName: 'Ann', address: '203.0.113.7' }
      expect(items).toMatchObject([
        { ...from, action: 'session.deleted', targetId: sessionId, detail: {} },
        { ...from, action: 'export.made', targetId: sessionId, detail: { format: 'markdown' } },
        { ...from, action: 'share.revoked', targetId: share.id },
        { ...from, action: 'share.created', targetId: share.id, detail: { sessionId } },
        { ...from, action: 'tool.approved', targetId: call.id, detail: { tool: 'ask_first' } },
      ])
      const page = await admin.admin.audit({ userId: id, limit: 2 })
      const next = await admin.admin.audit({ userId: id, limit: 2, cursor: page.nextCursor })
      expect([...page.items, ...next.items]).toEqual(items.slice(0, 4))
      const { items: shares } = await admin.admin.audit({ action: 'share.created' })
      expect(shares).toHaveLength(1)
      const file = await admin.admin.exportAudit({ userId: id })
      expect(file).toMatchObject({ mimeType: 'application/x-ndjson' })
      const lines = file.content.trim().split('\n')
      expect(lines.map((line): unknown => JSON.parse(line))).toEqual(items)
    })

    test('an audit entry that belongs to what was refused is not there', async () => {
      await using storage = await openStorage()
      await using app = await start(storage)
      const ann = await callerAs(app, await makePerson(app))
      const token = 'x'.repeat(43)
      await expect(ann.shares.revoke({ token })).rejects.toThrow('no such share')
      const admin = await callerAs(app, await makePerson(app, { role: 'admin' }))
      expect((await admin.admin.audit({})).items).toEqual([])
    })

    test('the audit log is only added to, but for the addresses of who is deleted', async () => {
      await using storage = await openStorage()
      await using app = await start(storage)
      const { db } = app.services.database
      const id = await makePerson(app)
      const ann = await callerAs(app, id, { address: '203.0.113.7' })
      const { id: sessionId } = await ann.sessions.create({ title: 'Mine' })
      await ann.sessions.export({ id: sessionId })
      for (const statement of [
        `update audit_log set action = 'nothing'`,
        `update audit_log set address = null`,
        `delete from audit_log`,
        `truncate audit_log`,
      ]) {
        await expect(sql.raw(statement).execute(db)).rejects.toThrow(/only added to/)
      }
      const admin = await callerAs(app, await makePerson(app, { role: 'admin' }), {
        address: '198.51.100.1',
      })
      await admin.admin.users.delete({ id })
      const { items } = await admin.admin.audit({})
      expect(items).toMatchObject([
        { action: 'session.deleted', actorId: id, targetId: sessionId, address: null },
        { action: 'user.deleted', targetId: id, targetName: null, address: '198.51.100.1' },
        { action: 'export.made', actorId: id, actorName: null, address: null },
      ])
      await expect(ann.sessions.get({ id: sessionId })).rejects.toThrow(/no such session/)
    })

    test('no answer to an administrator has anything of what was said', async () => {
      await using storage = await openStorage()
      await using app = await start(storage)
      const canary = 'canary-7c1f'
      const ann = await callerAs(app, await makePerson(app, { name: 'Ann' }))
      const { id: sessionId } = await ann.sessions.create({
        title: `title ${canary}`,
        systemPrompt: `prompt ${canary}`,
      })
      app.model.plan(`answer ${canary}`)
      await using live = watch(ann, sessionId)
      await live.untilEvent('snapshot')
      await ann.messages.send({ sessionId, text: `question ${canary}` })
      await live.untilEvent('end')
      await ann.messages.send({ sessionId, text: `again ${canary}` })
      const { token } = await ann.shares.create({ sessionId })
      await ann.sessions.export({ id: sessionId })
      const admin = await callerAs(app, await makePerson(app, { role: 'admin' }))
      const told = await Promise.all([
        admin.admin.users.list({}),
        admin.admin.invites.list(),
        admin.admin.usage({ by: 'user' }),
        admin.admin.usage({ by: 'key' }),
        admin.admin.usage({ by: 'model' }),
        admin.admin.usage({ by: 'day' }),
        admin.admin.runs.list({}),
        admin.admin.nodes(),
        admin.admin.limits(),
        admin.admin.audit({}),
        admin.admin.exportAudit({}),
      ])
      const text = JSON.stringify(told)
      expect(text).toContain(sessionId)
      expect(text).not.toContain(canary)
      expect(text).not.toContain(token)
      await expect(admin.sessions.get({ id: sessionId })).rejects.toThrow(/no such session/)
      await expect(admin.messages.list({ sessionId })).rejects.toThrow(/no such session/)
    })

    test('members are forbidden everything of administrators', async () => {
      await using storage = await openStorage()
      await using app = await start(storage)
      const id = await makePerson(app)
      const ann = await callerAs(app, id)
      const calls = [
        ann.admin.users.list({}),
        ann.admin.users.update({ id, role: 'admin' }),
        ann.admin.users.delete({ id }),
        ann.admin.invites.create({}),
        ann.admin.invites.list(),
        ann.admin.invites.revoke({ id }),
        ann.admin.usage({}),
        ann.admin.runs.list({}),
        ann.admin.runs.stop({ runId: id }),
        ann.admin.nodes(),
        ann.admin.limits(),
        ann.admin.audit({}),
        ann.admin.exportAudit({}),
      ]
      for (const outcome of await Promise.allSettled(calls)) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'FORBIDDEN' } })
      }
    })

    test('people are found, changed, suspended and restored, and it is recorded', async () => {
      await using storage = await openStorage()
      await using app = await start(storage)
      const adminId = await makePerson(app, { name: 'Root', role: 'admin' })
      const { users, audit } = (await callerAs(app, adminId)).admin
      const id = await makePerson(app, { name: '100% Ann_' })
      expect((await users.list({ search: '100% ann_' })).items).toMatchObject([{ id }])
      expect((await users.list({ search: '1000 ann' })).items).toEqual([])
      const first = await users.list({ limit: 2 })
      const rest = await users.list({ limit: 2, cursor: first.nextCursor })
      expect(new Set([...first.items, ...rest.items].map((one) => one.id)).size).toBe(3)
      expect(await users.update({ id, role: 'admin', limits: { runsAtOnce: 1 } })).toMatchObject({
        role: 'admin',
        limits: { runsAtOnce: 1 },
        suspendedAt: null,
      })
      expect((await users.update({ id, suspended: true })).suspendedAt).not.toBeNull()
      const suspended = await callerAs(app, id)
      await expect(suspended.me()).rejects.toMatchObject({ code: 'FORBIDDEN' })
      expect(await users.update({ id, suspended: false })).toMatchObject({ suspendedAt: null })
      await users.update({ id })
      const { items } = await audit({ userId: id })
      expect(items.map(({ action }) => action)).toEqual([
        'user.restored',
        'user.suspended',
        'limits.changed',
        'role.changed',
      ])
    })

    test('the last administrator stays one: neither demoted, suspended nor deleted', async () => {
      await using storage = await openStorage()
      await using app = await start(storage)
      const { db } = app.services.database
      await db.updateTable('users').set({ role: 'member' }).execute()
      const id = await makePerson(app, { role: 'admin' })
      const suspended = await makePerson(app, { role: 'admin' })
      const { users } = (await callerAs(app, id)).admin
      await users.update({ id: suspended, suspended: true })
      for (const attempt of [
        () => users.update({ id, role: 'member' }),
        () => users.update({ id, suspended: true }),
        () => users.delete({ id }),
      ]) {
        await expect(attempt()).rejects.toMatchObject({ code: 'CONFLICT' })
      }
      await users.delete({ id: suspended })
      expect((await users.list({})).items.map((one) => one.id)).not.toContain(suspended)
    })

    test('a run of anybody is stopped, one that waits too', async () => {
      await using storage = await openStorage()
      await using app = await start(storage, { LIMIT_RUNS_AT_ONCE: '1' })
      const ann = await callerAs(app, await makePerson(app, { name: 'Ann' }))
      const first = await ann.sessions.create({ title: 'One' })
      const second = await ann.sessions.create({ title: 'Two' })
      await using live = watch(ann, first.id)
      await live.untilEvent('snapshot')
      await using other = watch(ann, second.id)
      await other.untilEvent('snapshot')
      const { runId } = await ann.messages.send({ sessionId: first.id, text: 'Go' })
      const call = await app.model.nextCall()
      const { runId: waiting } = await ann.messages.send({ sessionId: second.id, text: 'Wait' })
      const admin = await callerAs(app, await makePerson(app, { role: 'admin' }))
      const { items } = await admin.admin.runs.list({})
      expect(items).toMatchObject([
        { id: runId, status: 'running', userName: 'Ann', node: app.node.id },
        { id: waiting, status: 'queued', node: null },
      ])
      expect(await admin.admin.runs.stop({ runId: waiting })).toEqual({ stopped: true })
      expect(await other.untilEvent('end')).toMatchObject({ outcome: 'stopped' })
      expect(await admin.admin.runs.stop({ runId })).toEqual({ stopped: true })
      expect(await live.untilEvent('end')).toMatchObject({ outcome: 'stopped' })
      expect(call.signal.aborted).toBe(true)
      expect(await admin.admin.runs.stop({ runId })).toEqual({ stopped: false })
      expect(app.model.asked).toBe(1)
    })

    test('usage is summed by person, key, model and day', async () => {
      await using storage = await openStorage()
      await using app = await start(storage)
      const id = await makePerson(app, { name: 'Ann' })
      const ann = await callerAs(app, id)
      app.model.plan('Hi.')
      const { id: sessionId } = await ann.sessions.create({ title: 'Used' })
      await using live = watch(ann, sessionId)
      await live.untilEvent('snapshot')
      await ann.messages.send({ sessionId, text: 'Go' })
      await live.untilEvent('end')
      const { admin } = await callerAs(app, await makePerson(app, { role: 'admin' }))
      const sum = { inputTokens: 10, outputTokens: 5, runs: 1 }
      expect(await admin.usage({ by: 'user' })).toMatchObject({
        items: [{ ...sum, id, name: 'Ann' }],
        total: sum,
      })
      expect(await admin.usage({ by: 'key' })).toMatchObject({ items: [{ ...sum, id: null }] })
      expect(await admin.usage({ by: 'day' })).toMatchObject({
        items: [{ ...sum, id: app.services.now().slice(0, 10) }],
      })
      expect((await admin.usage({ by: 'model', to: '2020-01-01T00:00:00Z' })).items).toEqual([])
    })

    test('an invitation’s link is shown once, and can be taken back', async () => {
      await using storage = await openStorage()
      await using app = await start(storage)
      const { admin } = await callerAs(app, await makePerson(app, { role: 'admin' }))
      const { id, link } = await admin.invites.create({ email: 'bob@example.com' })
      const token = new URL(link).searchParams.get('token') ?? ''
      expect(link).toMatch(/\/invite\?token=.{43}$/)
      const { items } = await admin.invites.list()
      expect(items).toMatchObject([{ id, email: 'bob@example.com', role: 'member', usedAt: null }])
      expect(JSON.stringify(items)).not.toContain(token)
      await admin.invites.revoke({ id })
      await expect(admin.invites.revoke({ id })).rejects.toMatchObject({ code: 'NOT_FOUND' })
      const { items: entries } = await admin.audit({})
      expect(entries.map(({ action }) => action)).toEqual(['invite.revoked', 'invite.created'])
      expect(JSON.stringify(entries)).not.toContain('bob@example.com')
      await expect(
        admin.invites.create({ expiresAt: '2020-01-01T00:00:00Z' }),
      ).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    })
  })
})

function start(storage: Storage, more: Record<string, string> = {}) {
  return startForCallers(storage, more, { tools: [askFirst] })
}

async function statusOf(app: Awaited<ReturnType<typeof start>>, id: string): Promise<unknown> {
  const { db } = app.services.database
  const rows = await db.selectFrom('tool_calls').select(['id', 'status']).execute()
  return rows.find((row) => row.id === id)?.status
}
