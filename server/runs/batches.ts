import type { Db } from '../../db/engine/database.ts'
import { isRefusal } from '../../db/engine/database-errors.ts'
import { insertFirstDrives } from '../../db/queries/runs/first-drives.ts'
import type { BelievedDrive } from '../../db/queries/runs/first-drives.ts'
import { endRuns } from '../../db/queries/runs/run-endings.ts'
import type { OwnEnding } from '../../db/queries/runs/run-endings.ts'
import { readDriveStarts } from '../../db/queries/runs/run-drives.ts'
import type { DriveStart, PromptPage, StartingRun } from '../../db/queries/runs/run-drives.ts'
import { insertSessions } from '../../db/queries/sessions/sessions.ts'
import type { NewSession } from '../../db/queries/sessions/sessions.ts'
import { gatherShort } from '../concurrency/gather-short.ts'
import { Gathering } from '../concurrency/gathering.ts'

/** The most that one statement does. */
const MOST = 64

/** Operations that many sessions may need at the same time: then they share a statement. */
export type RunBatches = {
  begin(drive: BelievedDrive): Promise<boolean>
  end(ending: OwnEnding): Promise<boolean>
  /** False when the session has to be made in a transaction, or the id is taken. */
  make(session: NewSession): Promise<boolean>
  readStart(starting: StartingRun): Promise<{ start: DriveStart; page: PromptPage } | null>
}

export function createRunBatches(db: Db): RunBatches {
  const options = { most: MOST, failsAlone: isRefusal }
  const begun = new Gathering(
    (drives: readonly BelievedDrive[]) => insertFirstDrives(db, drives),
    options,
  )
  const ended = new Gathering((endings: readonly OwnEnding[]) => endRuns(db, endings), options)
  const made = new Gathering(
    (sessions: readonly NewSession[]) => insertSessions(db, sessions),
    options,
  )
  return {
    make: (session) => made.do(session),
    begin: (drive) => begun.do(drive),
    end: (ending) => ended.do(ending),
    readStart: gatherShort(
      (starting: readonly StartingRun[], long) => readDriveStarts(db, starting, long),
      options,
    ),
  }
}
