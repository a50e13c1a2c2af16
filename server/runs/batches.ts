import type { Db } from '../../db/engine/database.ts'
import { isRefusal } from '../../db/engine/database-errors.ts'
import { insertFirstDrives } from '../../db/queries/runs/first-drives.ts'
import type { BelievedDrive } from '../../db/queries/runs/first-drives.ts'
import { endRuns } from '../../db/queries/runs/run-endings.ts'
import type { OwnEnding } from '../../db/queries/runs/run-endings.ts'
import { readDriveStarts } from '../../db/queries/runs/run-drives.ts'
import type { DriveStart, PromptPage, StartingRun } from '../../db/queries/runs/run-drives.ts'
import { findSessionStates, insertSessions } from '../../db/queries/sessions/sessions.ts'
import type { NewSession, OwnSession } from '../../db/queries/sessions/sessions.ts'
import type { Session } from '../../shared/contract/session.ts'
import { Gathering } from '../concurrency/gathering.ts'

/** The most that one statement does. */
const MOST = 64

/** What many sessions need of the database; when they need it at the same time, they share a statement. */
export type RunBatches = {
  begin(drive: BelievedDrive): Promise<boolean>
  end(ending: OwnEnding): Promise<boolean>
  /** False when the session has to be made in a transaction, or the id is taken. */
  make(session: NewSession): Promise<boolean>
  /** Null when this person has no such session. */
  find(session: OwnSession): Promise<Session | null>
  readStart(starting: StartingRun): Promise<{ start: DriveStart; page: PromptPage } | null>
}

export function createRunBatches(db: Db): RunBatches {
  const options = { most: MOST, failsAlone: isRefusal }
  const begun = new Gathering(
    (drives: readonly BelievedDrive[]) => insertFirstDrives(db, drives),
    options,
  )
  const ended = new Gathering((endings: readonly OwnEnding[]) => endRuns(db, endings), options)
  const started = new Gathering(
    (starting: readonly StartingRun[]) => readDriveStarts(db, starting),
    options,
  )
  const made = new Gathering(
    (sessions: readonly NewSession[]) => insertSessions(db, sessions),
    options,
  )
  const found = new Gathering(
    (wanted: readonly OwnSession[]) => findSessionStates(db, wanted),
    options,
  )
  return {
    find: async (session) => (await found.do(session))?.session ?? null,
    make: (session) => made.do(session),
    begin: (drive) => begun.do(drive),
    end: (ending) => ended.do(ending),
    readStart: (starting) => started.do(starting),
  }
}
