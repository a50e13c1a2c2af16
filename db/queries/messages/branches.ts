import { sql } from 'kysely'
import type { MessageId, SessionId, UserId } from '../../../shared/contract/ids.ts'
import type { Db } from '../../engine/database.ts'
import { assembleMessages, messageColumns } from './stored-messages.ts'
import type { StoredMessage } from './stored-messages.ts'
import type { StoredPart } from '../../stored-values.ts'
import { readOutputLengths } from './tool-calls.ts'
import { isLeftOut } from '../../long-messages.ts'
import type { LongMessages, OrLong } from '../../long-messages.ts'

export type BranchPage = {
  sessionId: SessionId
  /** The last message of the page. */
  leaf: MessageId
  limit: number
  /** The most UTF-16 units of stored parts to return; at least one message is always returned. */
  maxLength?: number
}

export type BranchOptions = {
  /**
   * If true, outputs of tools count towards `maxLength` with an eighth of their length: they are sent to the model too,
   * and may be images.
   */
  countsOutputs?: boolean
  /** If true, each message carries its position among its siblings; only user interfaces need it. */
  withSiblings?: boolean
}

/** Messages, oldest first, and whether there are older ones. */
export type Branch = { messages: StoredMessage[]; hasOlder: boolean }

/** The messages that lead to `leaf`. */
export async function readBranch(db: Db, page: BranchPage & BranchOptions): Promise<Branch> {
  const [branch] = await readBranches(db, [page], 'read', page)
  return branch && branch !== 'long' ? branch : { messages: [], hasOlder: false }
}

/** The messages that lead to the `leaf` of each page; `long` for a page with a long message that is left out. */
export async function readBranches(
  db: Db,
  pages: readonly BranchPage[],
  long: LongMessages,
  { countsOutputs = false, withSiblings = true }: BranchOptions = {},
): Promise<OrLong<Branch>[]> {
  const found = await readRows(db, pages, long)
  const leftOut = new Set(found.flatMap(({ isLong, place }) => (isLong ? [place] : [])))
  const rows = found.filter(({ place }) => !leftOut.has(place))
  const calling = rows.filter(
    ({ parts }) => countsOutputs && parts.some(({ type }) => type === 'tool'),
  )
  const outputs = await readOutputLengths(
    db,
    calling.map(({ id }) => id),
  )
  const byPage = Map.groupBy(rows, ({ place }) => place)
  const shown = pages.map(({ limit, maxLength = Number.POSITIVE_INFINITY }, place) => {
    const ofPage = byPage.get(place) ?? []
    let length = 0
    const page = ofPage.slice(0, limit).filter((row, index) => {
      length += JSON.stringify(row.parts).length + (outputs.get(row.id) ?? 0) / 8
      return index === 0 || length <= maxLength
    })
    return { page: page.reverse(), hasOlder: page.length < ofPage.length }
  })
  const messages = await assembleMessages(
    db,
    shown.flatMap(({ page }) => page),
    withSiblings ? undefined : new Map(),
  )
  let from = 0
  return shown.map(({ page, hasOlder }, place) => {
    from += page.length
    if (leftOut.has(place)) return 'long'
    return { messages: messages.slice(from - page.length, from), hasOlder }
  })
}

/** The rows of each page and one more, newest first, with the place of their page. */
async function readRows(db: Db, pages: readonly BranchPage[], long: LongMessages) {
  const sessionIds = pages.map(({ sessionId }) => sessionId)
  const leaves = pages.map(({ leaf }) => leaf)
  const limits = pages.map(({ limit }) => limit)
  // Text has at most three bytes for a unit: behind this no further message has room on the page.
  const bytes = pages.map(({ maxLength }) => (maxLength === undefined ? null : maxLength * 3))
  return db
    .withRecursive('branch', (cte) =>
      cte
        .selectFrom(
          sql<{
            sessionId: SessionId
            leaf: MessageId
            most: number
            room: number | null
            place: number
          }>`
            unnest(${sessionIds}::uuid[], ${leaves}::uuid[], ${limits}::int[], ${bytes}::bigint[]) with ordinality`.as<'page'>(
            sql`page ("sessionId", leaf, most, room, place)`,
          ),
        )
        .innerJoinLateral(
          ({ selectFrom }) =>
            selectFrom('messages')
              .select(messageColumns)
              .whereRef('messages.id', '=', 'page.leaf')
              .whereRef('messages.session_id', '=', 'page.sessionId')
              .limit(1)
              .as('leaf'),
          (join) => join.onTrue(),
        )
        .select([
          ...messageColumns.map((column) => `leaf.${column}` as const),
          sql<number>`1`.as('depth'),
          'page.most',
          sql<number | null>`page.room - pg_column_size(leaf.parts)`.as('room'),
          sql<number>`page.place::int - 1`.as('place'),
        ])
        .unionAll(
          cte
            .selectFrom('branch')
            // Each message is looked up by itself: with a join Postgres would expect too many rows, and read the whole
            // table.
            .innerJoinLateral(
              ({ selectFrom }) =>
                selectFrom('messages')
                  .select(messageColumns)
                  .whereRef('messages.id', '=', 'branch.parent_id')
                  .limit(1)
                  .as('parent'),
              (join) => join.onTrue(),
            )
            .select([
              ...messageColumns.map((column) => `parent.${column}` as const),
              sql<number>`branch.depth + 1`.as('depth'),
              'branch.most',
              sql<number | null>`branch.room - pg_column_size(parent.parts)`.as('room'),
              'branch.place',
            ])
            .whereRef('branch.depth', '<=', 'branch.most')
            // One message more than there is room for shows that there are older ones.
            .where(sql<boolean>`(branch.depth = 1 or coalesce(branch.room, 1) > 0)`),
        ),
    )
    .selectFrom('branch')
    .select(messageColumns.filter((column) => column !== 'parts'))
    .select([
      'place',
      isLeftOut(sql`parts`, long).as('isLong'),
      // Parts that are left out are not even sent.
      sql<StoredPart[]>`case when not ${isLeftOut(sql`parts`, long)} then parts end`.as('parts'),
    ])
    .orderBy('place')
    .orderBy('depth')
    .execute()
}

/** The ids of the messages that lead to `leaf`, oldest first. */
export async function branchPath(
  db: Db,
  userId: UserId,
  sessionId: SessionId,
  leaf: MessageId,
): Promise<MessageId[]> {
  const { rows } = await sql<{ id: MessageId }>`
    with recursive branch as (
      select id, parent_id, 1 as depth from messages
      where id = ${leaf} and session_id = ${sessionId} and user_id = ${userId}
      union all
      select parent.*, branch.depth + 1
      from branch cross join lateral (
        select id, parent_id from messages where messages.id = branch.parent_id limit 1
      ) as parent
    )
    select id from branch order by depth desc`.execute(db)
  return rows.map(({ id }) => id)
}

/** The number of user messages on the path to `leaf`, including it. */
export async function countQuestions(
  db: Db,
  sessionId: SessionId,
  leaf: MessageId,
): Promise<number> {
  const { rows } = await sql<{ questions: number }>`
    with recursive branch as (
      select id, parent_id, role from messages where id = ${leaf} and session_id = ${sessionId}
      union all
      select parent.*
      from branch cross join lateral (
        select id, parent_id, role from messages where messages.id = branch.parent_id limit 1
      ) as parent
    )
    select count(*) filter (where role = 'user') as questions from branch`.execute(db)
  return rows[0]?.questions ?? 0
}

/**
 * Makes `leaf` the parent of queued messages that have no parent yet and for which none was chosen. Called before
 * another branch becomes active, so that they stay on the branch on which they were sent.
 */
export async function keepQueuedBehind(
  transaction: Db,
  sessionId: SessionId,
  leaf: MessageId | null,
): Promise<void> {
  await sql`
    update messages set parent_id = ${leaf} from runs
    where runs.id = messages.run_id and not runs.parent_chosen
      and messages.session_id = ${sessionId} and messages.status = 'queued' and messages.parent_id is null
  `.execute(transaction)
}
