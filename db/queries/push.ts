import { sql } from 'kysely'
import type { CallId, MessageId, SessionId, UserId } from '../../shared/contract/ids.ts'
import type { Db } from '../engine/database.ts'
import type { PushTable } from '../schema-belongings.ts'
import { callIsAsking, runIsActive } from './runs/runs.ts'

/** The most devices of a person; the newest stay. */
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

/** Stores a device, also if it was another person's: a browser keeps its address when somebody else signs in. */
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

/** Deletes a device that its push service does not know any more. */
export async function dropSubscription(db: Db, id: string): Promise<void> {
  await db.deleteFrom('push_subscriptions').where('id', '=', id).execute()
}

/** True when there is any device. */
export async function hasSubscriptions(db: Db): Promise<boolean> {
  const row = await db.selectFrom('push_subscriptions').select('id').limit(1).executeTakeFirst()
  return row !== undefined
}

/**
 * Records the end of an answer, with the `seq` of its event, for the devices of its person; true when there are any.
 */
export async function noteDone(db: Db, sessionId: SessionId, seq: number): Promise<boolean> {
  const { rows } = await sql`
    insert into pushes (subscription_id, session_id, seq, kind, created_at)
    select push_subscriptions.id, sessions.id, ${seq}, 'done', now()
    from sessions join push_subscriptions on push_subscriptions.user_id = sessions.user_id
    where sessions.id = ${sessionId}
    on conflict do nothing returning seq`.execute(db)
  return rows.length > 0
}

/** Records that an answer waits for its person, with the `seq` of the step whose calls wait. */
export async function noteWaits(db: Db, messageId: MessageId): Promise<boolean> {
  const { rows } = await sql`
    insert into pushes (subscription_id, session_id, seq, kind, created_at)
    select push_subscriptions.id, messages.session_id, messages.parts_seq, 'waits', now()
    from messages join push_subscriptions on push_subscriptions.user_id = messages.user_id
    where messages.id = ${messageId} and messages.status = 'waiting'
    on conflict do nothing returning seq`.execute(db)
  return rows.length > 0
}

/** Records that a call asks its person a question, with the `seq` of its event. */
export async function noteAsks(db: Db, callId: CallId): Promise<boolean> {
  const { rows } = await sql`
    insert into pushes (subscription_id, session_id, seq, kind, created_at)
    select push_subscriptions.id, tool_calls.session_id, tool_calls.asked_seq, 'waits', now()
    from tool_calls join push_subscriptions on push_subscriptions.user_id = tool_calls.user_id
    where tool_calls.id = ${callId} and ${callIsAsking}
    on conflict do nothing returning seq`.execute(db)
  return rows.length > 0
}

/**
 * Records notifications that were not recorded at the time, because a node died, or did not know of the device yet. A
 * run that was imported, or copied by a fork, was never offered tools, and is left out, because nobody asked it here.
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
    union
    select push_subscriptions.id, tool_calls.session_id, tool_calls.asked_seq, 'waits', now()
    from push_subscriptions
    join runs on runs.user_id = push_subscriptions.user_id and ${runIsActive}
      and runs.created_at > now() - interval '1 day'
    join tool_calls on tool_calls.session_id = runs.session_id and tool_calls.run_id = runs.id and ${callIsAsking}
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
 * Takes notifications to send, for so many seconds; if this node dies meanwhile, others take them. The oldest of each
 * person come before the second of anyone.
 *
 * @param most of one person's
 * @param busy people with a notification that is being sent
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
          join users on users.id = user_id and account_status = 'active'
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

/** Records that a push service has accepted the notification, or that it is given up: it is never sent again. */
export async function finishPush(db: Db, { subscriptionId, sessionId, seq }: Place): Promise<void> {
  await sql`
    update pushes set done_at = now()
    where subscription_id = ${subscriptionId} and session_id = ${sessionId} and seq = ${seq}`.execute(
    db,
  )
}

/** Leaves a notification to be sent later. */
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

/** Deletes the records of notifications that were sent a day ago. */
export async function deleteOldPushes(db: Db): Promise<void> {
  await sql`delete from pushes where created_at < now() - interval '1 day'`.execute(db)
}
