import { setTimeout as delay } from 'node:timers/promises'
import { isUnsettled, keepChunks } from '../../db/queries/doors/responses.ts'
import type { DoorRun } from '../../db/queries/doors/responses.ts'
import type { Services } from '../services.ts'

/** The interval and the longest wait for the compaction of an answer that just ended. Milliseconds. */
const SETTLING = { every: 50, atMost: 5_000 }

/** Waits until the places of an answer's events do not change any more, for all runs that wrote it. */
export async function settleAnswer(
  { database: { db } }: Pick<Services, 'database'>,
  { messageId }: Pick<DoorRun, 'messageId'>,
  signal: AbortSignal,
): Promise<void> {
  await keepChunks(db, messageId)
  for (let waited = 0; waited < SETTLING.atMost; waited += SETTLING.every) {
    if (!(await isUnsettled(db, messageId))) return
    await delay(SETTLING.every, undefined, { signal })
  }
}
