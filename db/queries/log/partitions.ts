import { sql } from 'kysely'
import type { Db } from '../../engine/database.ts'
import { retryLocks } from '../../engine/lock-retries.ts'
import { withdrawGrants } from '../../migrations/0049-withdrawn-grants.ts'

/** The rows that are copied in one transaction. */
const BATCH = 10_000
/** The table's name while it is built; its partitions have their final names. */
const NEW = 'events_partitioned'
const OLD = 'events_before'

export type PartitionOptions = {
  /** The number of tables into which the log is divided, by a hash of the session's id. */
  partitions: number
  batch?: number
  /** Called with a sentence about each step. */
  tell?: (text: string) => void
}

/**
 * Divides the log into partitions by a hash of the session's id, while nodes go on reading and writing. A trigger
 * writes to both tables until all older rows are copied and compared; then the tables are swapped. What an earlier
 * interrupted try left is removed first. It needs room for a second copy of the log, and no migration may run
 * meanwhile.
 *
 * @param db with one connection and no statement timeout
 * @returns the number of events; null when the log is partitioned already
 */
export async function partitionEvents(
  db: Db,
  { partitions, batch = BATCH, tell = () => undefined }: PartitionOptions,
): Promise<number | null> {
  const { rows } = await sql<{ partitioned: boolean }>`
    select relkind = 'p' as partitioned from pg_class where oid = to_regclass('events')`.execute(db)
  if (rows[0]?.partitioned !== false) {
    return null
  }
  await removeLeftovers(db)
  await makeTables(db, partitions)
  await writeToBoth(db)
  tell('New events go to both tables. Copying the older ones')
  await copyAll(db, batch, tell)
  await removeDeleted(db)
  await sql`analyze ${sql.table(NEW)}`.execute(db)
  tell('Comparing')
  const events = await compare(db)
  await change(db)
  tell('Changed places. Dropping the old table')
  await sql`drop table ${sql.table(OLD)}`.execute(db)
  return events
}

async function removeLeftovers(db: Db): Promise<void> {
  await withLocks(db, async (transaction) => {
    await sql`drop trigger if exists write_to_both_added on events`.execute(transaction)
    await sql`drop trigger if exists write_to_both_changed on events`.execute(transaction)
    await sql`drop trigger if exists write_to_both_deleted on events`.execute(transaction)
    await sql`drop function if exists write_event_to_both`.execute(transaction)
    await sql`drop table if exists ${sql.table(NEW)}`.execute(transaction)
  })
}

async function makeTables(db: Db, partitions: number): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await sql`
      create table ${sql.table(NEW)} (like events including defaults, primary key (session_id, seq))
      partition by hash (session_id)`.execute(transaction)
    const names = Array.from(
      { length: partitions },
      (_, index) => `events_p${String(index).padStart(String(partitions - 1).length, '0')}`,
    )
    for (const [index, name] of names.entries()) {
      await sql`
        create table ${sql.table(name)} partition of ${sql.table(NEW)}
        for values with (modulus ${sql.lit(partitions)}, remainder ${sql.lit(index)})`.execute(
        transaction,
      )
    }
    // Row level security of the whole table does not apply to a partition that is queried by its own name.
    for (const name of [NEW, ...names]) {
      await sql`alter table ${sql.table(name)} enable row level security`.execute(transaction)
    }
    await withdrawGrants(transaction, [NEW, ...names])
  })
}

/** A transaction commits to both tables or to none. */
async function writeToBoth(db: Db): Promise<void> {
  await withLocks(db, async (transaction) => {
    await sql
      .raw(`
      create function write_event_to_both() returns trigger language plpgsql as $$ begin
        if tg_op = 'DELETE' then
          delete from ${NEW} using gone where ${NEW}.session_id = gone.session_id and ${NEW}.seq = gone.seq;
        else
          insert into ${NEW} select * from added
          on conflict (session_id, seq) do update set data = excluded.data, type = excluded.type,
            run_id = excluded.run_id, created_at = excluded.created_at;
        end if;
        return null;
      end $$`)
      .execute(transaction)
    for (const [name, when] of [
      ['added', 'insert on events referencing new table as added'],
      ['changed', 'update on events referencing new table as added'],
      ['deleted', 'delete on events referencing old table as gone'],
    ]) {
      await sql
        .raw(`
        create trigger write_to_both_${name} after ${when} for each statement execute function write_event_to_both()`)
        .execute(transaction)
    }
  })
}

async function copyAll(db: Db, batch: number, tell: (text: string) => void): Promise<void> {
  let after = { id: '00000000-0000-0000-0000-000000000000', seq: -1 }
  let copied = 0
  for (;;) {
    const { rows } = await sql<{ id: string; seq: number; rows: number }>`
      with page as (
        select * from events where (session_id, seq) > (${after.id}::uuid, ${after.seq}::bigint)
        order by session_id, seq limit ${batch}
      ), copied as (
        insert into ${sql.table(NEW)} select * from page on conflict (session_id, seq) do nothing
      )
      select session_id as id, seq, (select count(*)::int from page) as rows from page
      order by session_id desc, seq desc limit 1`.execute(db)
    const [last] = rows
    if (!last) return
    after = last
    const before = copied
    copied += last.rows
    if (Math.floor(copied / 1_000_000) > Math.floor(before / 1_000_000)) {
      tell(`${copied} events copied`)
    }
  }
}

/** Deletes copies of rows that were deleted between the reading of a page and its writing. */
async function removeDeleted(db: Db): Promise<void> {
  await sql`
    delete from ${sql.table(NEW)} as copy
    where not exists (select from events where events.session_id = copy.session_id and events.seq = copy.seq)`.execute(
    db,
  )
}

/** @throws when the tables differ at one moment */
async function compare(db: Db): Promise<number> {
  const sums = (table: string) => sql`
    (select concat(count(*), ' ', sum(hashtextextended(concat_ws('|', session_id, seq, run_id, type, data), 0)::numeric))
      from ${sql.table(table)})`
  const { rows } = await sql<{ old: string; copy: string }>`
    select ${sums('events')} as old, ${sums(NEW)} as copy`.execute(db)
  const [found] = rows
  if (!found || found.old !== found.copy) {
    throw new Error('the log was not copied as it is; nothing was changed')
  }
  return Number(found.old.split(' ')[0])
}

async function change(db: Db): Promise<void> {
  await withLocks(db, async (transaction) => {
    await sql`lock table events in access exclusive mode`.execute(transaction)
    await sql`alter table events rename to ${sql.ref(OLD)}`.execute(transaction)
    await sql`alter table ${sql.table(OLD)} rename constraint events_pkey to events_before_pkey`.execute(
      transaction,
    )
    for (const name of ['added', 'changed', 'deleted']) {
      await sql`drop trigger ${sql.ref(`write_to_both_${name}`)} on ${sql.table(OLD)}`.execute(
        transaction,
      )
    }
    await sql`drop function write_event_to_both`.execute(transaction)
    await sql`alter table ${sql.table(NEW)} rename to events`.execute(transaction)
    await sql`alter table events rename constraint events_partitioned_pkey to events_pkey`.execute(
      transaction,
    )
  })
}

const LOCK_RETRIES = { pauseMs: 250, most: 100 }

/** Retries a transaction that gives up soon when it does not get a lock, so that others do not wait behind it. */
async function withLocks(db: Db, work: (transaction: Db) => Promise<void>): Promise<void> {
  await retryLocks(
    () =>
      db.transaction().execute(async (transaction) => {
        await sql`set local lock_timeout = '500ms'`.execute(transaction)
        await work(transaction)
      }),
    LOCK_RETRIES,
  )
}
