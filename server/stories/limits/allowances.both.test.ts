import { describe, expect, test } from 'vitest'
import { reserveAllowance } from '../../../db/queries/usage/allowances.ts'
import { KeyId } from '../../../shared/contract/ids.ts'
import { TooManyRequestsError } from '../../api-error.ts'
import type { Storage, TestApp } from '../../testing/app.ts'
import { callerAs, makePerson, startForCallers } from '../../testing/clients/callers.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { watch } from '../../testing/clients/watch.ts'

/** Limits of tokens and money for each person and key (P15), on either database. */
onEachStorage((database, openStorage) => {
  describe(`allowances, on ${database}`, () => {
    test('tokens are set aside and settled, an answer ends where they are used up, and then nothing is taken', async () => {
      await using storage = await openStorage()
      const now = Date.parse('2026-03-29T23:00:00.000Z')
      await using app = await start(storage, { BUILTIN_TOOLS: 'none' }, () => now)
      const id = await makePerson(app, { limits: { tokensPerDay: 1_000 } })
      const ann = await callerAs(app, id)
      const { id: sessionId } = await ann.sessions.create({ title: 'Tokens' })
      await using live = watch(ann, sessionId)
      await live.untilEvent('snapshot')
      await ann.messages.send({ sessionId, text: 'Hello' })
      const call = await app.model.nextWriting()
      expect(call.step.maxTokens).toBeLessThan(1_000)
      expect(call.step.maxTokens).toBeGreaterThan(500)
      call.say('So much')
      call.push(
        { type: 'usage', usage: { inputTokens: 100, outputTokens: call.step.maxTokens } },
        { type: 'finish', finish: 'length' },
      )
      expect(await live.untilEvent('end')).toMatchObject({
        outcome: 'failed',
        error: { code: 'budget', message: expect.stringContaining('2026-03-30T00:00:00.000Z') },
      })
      const refused = await ann.messages
        .send({ sessionId, text: 'More' })
        .catch((error: Error) => error.cause)
      expect(refused).toBeInstanceOf(TooManyRequestsError)
      expect(refused).toMatchObject({
        retryAfterSeconds: 3_600,
        message: expect.stringContaining('1000 tokens of today. They renew at 2026-03-30T00:00'),
      })
    })

    test('a key’s dollars are its own, and calls at once never spend more than there is', async () => {
      await using storage = await openStorage()
      await using app = await start(storage, PRICED)
      const id = await makePerson(app)
      const keyId = KeyId.parse(app.services.newId())
      await app.services.database.db
        .insertInto('api_keys')
        .values({
          ...{ id: keyId, user_id: id, name: 'Key', prefix: 'tl_', hash: 'h', scope: 'write' },
          ...{ usd_per_day: 0.0025, created_at: app.services.now() },
        })
        .execute()
      const program = await callerAs(app, id, { login: { kind: 'key', id: keyId } })
      // Each answer costs at most $0.0009: two fit, and a part of the third.
      const sessions: string[] = []
      for (let count = 0; count < 4; count += 1) {
        const { id: sessionId } = await program.sessions.create({ title: 'Costs' })
        sessions.push(sessionId)
      }
      await Promise.all(
        sessions.map((sessionId) => program.messages.send({ sessionId, text: 'Hello' })),
      )
      const calls = [
        await app.model.nextCall(),
        await app.model.nextCall(),
        await app.model.nextCall(),
      ]
      const most = calls.reduce((sum, { step }) => sum + step.maxTokens, 0)
      expect(most * 0.6e-6).toBeLessThan(0.0025)
      await expect.poll(() => endings(app, 'failed'), PATIENT).toBe(1)
      expect(app.model.asked).toBe(3)
      for (const { push } of calls) {
        push(
          { type: 'usage', usage: { inputTokens: 100, outputTokens: 1_400 } },
          { type: 'finish', finish: 'stop' },
        )
      }
      await expect.poll(() => endings(app, 'completed'), PATIENT).toBe(3)
      const [sessionId = ''] = sessions
      await expect(program.messages.send({ sessionId, text: 'More' })).rejects.toThrow(
        /this key’s \$0.0025 of today/,
      )
      const person = await callerAs(app, id)
      await person.messages.send({ sessionId, text: 'More' })
      await app.model.nextCall()
    })

    test('money that is only set aside refuses no message', async () => {
      await using storage = await openStorage()
      await using app = await start(storage, { ...PRICED, LIMIT_USD_PER_DAY: '1' })
      const id = await makePerson(app)
      const ann = await callerAs(app, id)
      const { id: sessionId } = await ann.sessions.create({ title: 'Costs' })
      app.model.plan('Hi.')
      await ann.messages.send({ sessionId, text: 'Hello' })
      await expect.poll(() => endings(app, 'completed'), PATIENT).toBe(1)
      const day = app.services.now().slice(0, 10)
      const { db } = app.services.database
      await reserveAllowance(db, { payer: id, day }, { tokens: 0, usd: 2 })
      await ann.messages.send({ sessionId, text: 'Again' })
      await expect.poll(() => endings(app, 'failed'), PATIENT).toBe(1)
    })
  })
})

/** A long timeout, because test machines are busy. */
const PATIENT = { timeout: 30_000 }

const PRICED = {
  OPENAI_BASE_URL: 'https://api.openai.com/v1',
  LLM_MODEL: 'gpt-4o-mini',
  LLM_MAX_TOKENS: '1500',
}

function start(storage: Storage, more: Record<string, string> = {}, clock?: () => number) {
  return startForCallers(storage, more, clock && { clock })
}

async function endings({ services }: TestApp, status: 'completed' | 'failed'): Promise<number> {
  const { db } = services.database
  const rows = await db.selectFrom('runs').select('id').where('status', '=', status).execute()
  return rows.length
}
