import { sql } from 'kysely'
import type { MessageId, SessionId, UserId } from '../../shared/contract/ids.ts'
import type { Db } from '../engine/database.ts'
import type { PushTable } from '../schema-belongings.ts'

/** Of a person's devices the newest are kept. */
const MAX_SUBSCRIPTIONS = 20

export type NewSubscription = {
  id: string
  userId: UserId
  loginId: string | null
  endpoint: string
  p256dh: string
  auth: string
  now: string
}

/** Keeps a device, in place of whoever had it before: a browser that somebody else signs in to has the same address. */
export async function saveSubscription(transaction: Db, given: NewSubscription): Promise<void> {
  const { id, userId, loginId, endpoint, p256dh, auth, now } = given
  await transaction
    .deleteFrom('push_subscriptions')
    .where('endpoint', '=', endpoint)
    .where('user_id', '<>', userId)
    .execute()
  await transaction
    .insertInto('push_subscriptions')
    .values({ id, user_id: userId, login_id: loginId, endpoint, p256dh, auth, created_at: now })
    .onConflict((conflict) =>
      conflict.column('endpoint').doUpdateSet({ login_id: loginId, p256dh, auth }),
    )
    .execute()
  await sql`
    delete from push_subscriptions where id in (
      select id from push_subscriptions where user_id = ${userId}
      order by created_at desc, id desc offset ${MAX_SUBSCRIPTIONS})`.execute(transaction)
}

export async function deleteSubscription(db: Db, userId: UserId, endpoint: string): Promise<void> {
  await db
    .deleteFrom('push_subscriptions')
    .where('user_id', '=', userId)
    .where('endpoint', '=', endpoint)
    .execute()
}

/** Forgets a device that its push service does not know any more. */
export async function dropSubscription(db: Db, id: string): Promise<void> {
  await db.deleteFrom('push_subscriptions').where('id', '=', id).execute()
}

/** True when anybody has a device that wants to be told. */
export async function hasSubscriptions(db: Db): Promise<boolean> {
  const row = await db.selectFrom('push_subscriptions').select('id').limit(1).executeTakeFirst()
  return row !== undefined
}

/** Notes that an answer ended, at this place of its session's log, for the devices of its person; true when there are any. */
export async function noteDone(db: Db, sessionId: SessionId, seq: number): Promise<boolean> {
  const { rows } = await sql`
    insert into pushes (subscription_id, session_id, seq, kind, created_at)
    select push_subscriptions.id, sessions.id, ${seq}, 'done', now()
    from sessions join push_subscriptions on push_subscriptions.user_id = sessions.user_id
    where sessions.id = ${sessionId}
    on conflict do nothing returning seq`.execute(db)
  return rows.length > 0
}

/** Notes that an answer waits for its person, by the place of the step whose calls wait. */
export async function noteWaits(db: Db, messageId: MessageId): Promise<boolean> {
  const { rows } = await sql`
    insert into pushes (subscription_id, session_id, seq, kind, created_at)
    select push_subscriptions.id, messages.session_id, messages.parts_seq, 'waits', now()
    from messages join push_subscriptions on push_subscriptions.user_id = messages.user_id
    where messages.id = ${messageId} and messages.status = 'waiting'
    on conflict do nothing returning seq`.execute(db)
  return rows.length > 0
}

/**
 * Notes what was not noted when it happened, because a node died just then, or did not know of the device yet. A run that
 * was imported, or copied by a fork, was never offered tools: nobody asked it here.
 */
export async function noteMissedPushes(db: Db, minutes: number): Promise<void> {
  await sql`
    insert into pushes (subscription_id, session_id, seq, kind, created_at)
    select push_subscriptions.id, runs.session_id, messages.parts_seq,
      case runs.status when 'waiting' then 'waits' else 'done' end, now()
    from push_subscriptions
    join runs on runs.user_id = push_subscriptions.user_id and (
      runs.status = 'waiting' or runs.status in ('completed', 'failed')
        and runs.ended_at > greatest(push_subscriptions.created_at, now() - make_interval(mins => ${minutes})))
      and runs.created_at > now() - interval '1 day' and runs.offered is not null
    join messages on messages.id = runs.message_id and messages.run_id = runs.id
    on conflict do nothing`.execute(db)
}

export type DuePush = {
  userId: UserId
  subscriptionId: string
  endpoint: string
  p256dh: string
  auth: string
  sessionId: SessionId
  seq: number
  kind: PushTable['kind']
  title: string | null
  tries: number
}

/**
 * Takes some that are to be told, for so many seconds: a node that dies meanwhile leaves them to others. Each person's
 * oldest come before anybody's second.
 *
 * @param most of one person's
 * @param busy who has some under way already
 */
export async function claimPushes(
  db: Db,
  {
    limit,
    most,
    busy,
    seconds,
  }: { limit: number; most: number; busy: readonly string[]; seconds: number },
): Promise<DuePush[]> {
  const isDue = sql`done_at is null and (claimed_until is null or claimed_until < now())`
  const { rows } = await sql<DuePush>`
    with claimed as (
      update pushes set claimed_until = now() + make_interval(secs => ${seconds}), tries = tries + 1
      where (subscription_id, session_id, seq) in (
        select subscription_id, session_id, seq from pushes join (
          select subscription_id, session_id, seq, pushes.created_at as since,
            row_number() over (partition by user_id order by pushes.created_at) as turn
          from pushes join push_subscriptions on push_subscriptions.id = subscription_id
          where ${isDue} and user_id <> all(${busy}::uuid[])
        ) as due using (subscription_id, session_id, seq)
        where ${isDue} and turn <= ${most}
        order by turn, since limit ${limit} for update of pushes skip locked)
      returning subscription_id, session_id, seq, kind, tries
    )
    select push_subscriptions.user_id as "userId", subscription_id as "subscriptionId", endpoint, p256dh, auth, session_id as "sessionId",
      seq, kind, sessions.title, tries
    from claimed join push_subscriptions on push_subscriptions.id = subscription_id
    join sessions on sessions.id = session_id`.execute(db)
  return rows
}

type Place = Pick<DuePush, 'subscriptionId' | 'sessionId' | 'seq'>

/** A push service has it, or it is given up: it is never told again. */
export async function finishPush(db: Db, { subscriptionId, sessionId, seq }: Place): Promise<void> {
  await sql`
    update pushes set done_at = now()
    where subscription_id = ${subscriptionId} and session_id = ${sessionId} and seq = ${seq}`.execute(
    db,
  )
}

/** Leaves one to be tried again later. */
export async function postponePush(
  db: Db,
  { subscriptionId, sessionId, seq }: Place,
  seconds: number,
): Promise<void> {
  await sql`
    update pushes set claimed_until = now() + make_interval(secs => ${seconds})
    where subscription_id = ${subscriptionId} and session_id = ${sessionId} and seq = ${seq}`.execute(
    db,
  )
}

/** Forgets what was told a day ago. */
export async function deleteOldPushes(db: Db): Promise<void> {
  await sql`delete from pushes where created_at < now() - interval '1 day'`.execute(db)
}
