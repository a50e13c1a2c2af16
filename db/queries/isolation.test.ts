import { globSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { expect, test } from 'vitest'

/** The functions without a parameter for a user's id, with the reason why they need none. */
const EXEMPT: Record<string, { reason: string; functions: string }> = {
  'accounts.ts': {
    reason: 'signing in: nobody is known yet, or it is the account itself',
    functions:
      'hasAccounts savePerson ensurePersonOf findPersonByAddress deleteAuthUser hasPasswordAccounts',
  },
  'admin/invitations.ts': {
    reason: 'administration: invitations belong to the server',
    functions: 'listInvitations revokeInvitation',
  },
  'admin/operation.ts': {
    reason: 'administration: what is going on, without what is said',
    functions: 'listGoingRuns listNodes',
  },
  'api-keys.ts': {
    reason: 'signing in: by a key’s hash or id, before its person is known',
    functions: 'insertKey findKey findKeys touchKey',
  },
  'audit-log.ts': {
    reason: 'within a session that its caller has locked as the user’s: of a call in it',
    functions: 'findDecision',
  },
  'auth-links.ts': {
    reason: 'signing in: by the hash of a link’s token, or an address',
    functions: 'insertLink findLink findInvitation reopenSetup',
  },
  'deletions.ts': {
    reason: 'at start: what an earlier process left',
    functions: 'listDeletions',
  },
  'doors/responses.ts': {
    reason: 'of a run that its caller has found as the user’s',
    functions: 'insertResponse deleteResponse keepChunks isUnsettled forgetResponses',
  },
  'files/contents.ts': {
    reason:
      'contents by their SHA-256, kept once for all; nobody reads one but by a file of theirs',
    functions: 'findContent insertContent noteStray listStrays forgetStray postponeStray',
  },
  'files/readings.ts': {
    reason:
      'the reading of contents, which are kept once for all; whom it tells are those who have them',
    functions:
      'listReadings moveReading saveReading endReading readAgain tellAgain releaseReadings sessionsOfContent messagesOfContent',
  },
  'files/unused.ts': {
    reason: 'the sweep of what nobody has',
    functions: 'deleteUnusedFiles dropUnusedContents',
  },
  'files/shared-files.ts': {
    reason: 'who has a share’s token may read its files',
    functions: 'findSharedFile',
  },
  'files/files.ts': {
    reason:
      'its argument has the user, or its caller found message or session as the user’s; the sweep',
    functions: 'insertFile fileExists addFilesToMessage removeFilesOfMessage deleteFilesOfSession',
  },
  'jobs.ts': {
    reason: 'the job queue',
    functions: 'jobsOf',
  },
  'limits/rate-windows.ts': {
    reason: 'its key says whom or what address it counts',
    functions: 'takeFromWindow giveBackToWindow clearWindow deleteOldWindows',
  },
  'log/compaction.ts': {
    reason: 'the log’s own work on a run that has ended',
    functions: 'readEnded replaceEvents compactShort',
  },
  'limits/stored-bytes.ts': {
    reason: 'within a session that its caller has locked, or found as the user’s',
    functions: 'countChangeBytes measureMessages',
  },
  'log/events.ts': {
    reason: 'the log’s own work; its readers have found the session as the user’s',
    functions:
      'eventColumns insertEvents storeMany isSeqTaken readHeads readEventTime selectEvents readEvents readEventsWithin countEqual deleteEvents readEventsOfMany',
  },
  'log/run-events.ts': {
    reason: 'the log’s own work; its readers have found the session as the user’s',
    functions:
      'readChunks hasRunEvents countWritingAttempts readCallsInProgress readAnswerEvents deleteEventsOfDeletedRun',
  },
  'log/snapshots.ts': {
    reason: 'its argument has the user',
    functions: 'readSnapshots',
  },
  'log/partitions.ts': {
    reason: 'an operator’s command on the whole log',
    functions: 'partitionEvents',
  },
  'log/retention.ts': {
    reason:
      'an operator’s command on the whole log; its reader has found the session as the user’s',
    functions: 'pruneLogs isBegunBefore',
  },
  'logins.ts': {
    reason: 'signing in: by a login’s token or id, before its person is known',
    functions: 'findLogin findLogins touchLogin',
  },
  'messages/branches.ts': {
    reason: 'within a session that its caller has found, or locked, as the user’s',
    functions: 'readBranch readBranches countQuestions keepQueuedBehind',
  },
  'messages/messages.ts': {
    reason: 'within a session that its caller has locked as the user’s',
    functions:
      'insertMessage updateMessage continueMessage hasFollowers rateMessage readMessages messageExists isWithdrawn withdrawId readTree readQueued measureQueue deleteQueued toStoredPart searchText',
  },
  'runs/suspended-runs.ts': {
    reason: 'the sweep over everybody who is suspended',
    functions: 'stopRunsOfSuspended findStoppedWaiting',
  },
  'runs/steering.ts': {
    reason:
      'the driver’s own work on its run, and commands that have locked its session as the user’s',
    functions: 'isSteered readSteering deleteQueuedRuns readJoined',
  },
  'messages/steps.ts': {
    reason: 'the driver’s own work on its run',
    functions: 'insertStep stepsOfRuns',
  },
  'messages/stored-messages.ts': {
    reason: 'draws rows that its caller has read as the user’s',
    functions: 'assembleMessages',
  },
  'messages/call-rows.ts': {
    reason: 'draws rows, and what is written of them, and asks for nothing',
    functions: 'toCallRow toPlaced toStored stateOf',
  },
  'messages/tool-calls.ts': {
    reason: 'within a session that its caller has locked, or the driver’s own work on its run',
    functions:
      'updateCall setQuestions questionsOfCall othersAsk setTask findOrphanedCalls findExpiredCalls findCalls readOutputLengths callsOfRuns',
  },
  'mcp-logins.ts': {
    reason: 'the registrations of this server, of no person',
    functions: 'listMcpClients insertMcpClient deleteMcpClient',
  },
  'nodes.ts': {
    reason: 'the nodes',
    functions: 'renewNode readClock removeNode removeOtherNodes',
  },
  'push.ts': {
    reason:
      'what devices are told, by sessions and devices of the same person; or its argument has the user',
    functions:
      'saveSubscription dropSubscription hasSubscriptions noteDone noteWaits noteAsks noteMissedPushes claimPushes finishPush postponePush deleteOldPushes',
  },
  'presence.ts': {
    reason: 'who reads which session, by sessions that were found as the user’s',
    functions:
      'enterSessions depart departFromUnlocked departFromMany countRead findAbandoned forgetAbandoned lockPresence reopenSession findLeft closeSession markRead',
  },
  'runs/first-drives.ts': {
    reason: 'the driver’s own work on its run',
    functions: 'insertFirstDrive insertFirstDrives',
  },
  'runs/run-drives.ts': {
    reason: 'the driver’s own work on its run',
    functions: 'readPromptPage readDriveStarts',
  },
  'runs/run-endings.ts': {
    reason: 'the driver’s own work on its run',
    functions: 'endRun endRuns',
  },
  'runs/run-owners.ts': {
    reason: 'the driver’s own work on its run',
    functions: 'parkRun findFenced',
  },
  'runs/runs.ts': {
    reason: 'within a session that its caller has locked as the user’s, or the driver’s own work',
    functions:
      'insertRun findRun findRunOfQuestion findRunOfAnswer findActiveRun findOpenRunOfAnswer findNextQueued requestStop requestStopOfWaiting recordOffered recordGeneration findUncompacted markCompacted',
  },
  'sessions/deleted.ts': {
    reason: 'ids and ends of logs, nothing that anybody said',
    functions: 'findDeleted findDeletedEnd',
  },
  'sessions/session-texts.ts': {
    reason: 'titles and summaries, in the background',
    functions:
      'findSessionText wantsTitle setModelTitle setSummaryJob setSummary dropTitleOfNothing',
  },
  'sessions/session-columns.ts': {
    reason: 'columns of a query, and a row’s form; it asks nothing',
    functions: 'sessionColumns shown',
  },
  'sessions/session-list.ts': { reason: 'its argument has the user', functions: 'listSessions' },
  'sessions/sessions.ts': {
    reason: 'within a session that its caller has locked, or its argument has the user',
    functions:
      'insertSession insertSessions findSessionStates findSessionWithOwner readActiveLeaf updateSession deleteSession',
  },
  'sessions/shares.ts': {
    reason: 'its argument has the user, or who has the token may read',
    functions: 'insertShare findShared',
  },
  'transfer/tables.ts': {
    reason: 'an operator’s own move of a whole database, in no server that answers anybody',
    functions:
      'hashTranscripts inAnyOrder liftTimeLimits listKeptTables partsOf readTable writeTable',
  },
  'transfer/atomic-import.ts': {
    reason: 'at start: what an earlier process left; and whether a session is nobody’s yet',
    functions: 'isBeingImported removeInterruptedImports',
  },
  'transfer/exports.ts': {
    reason: 'within a session that its caller has found as the user’s',
    functions: 'readBranchIds readFullMessages',
  },
  'transfer/import-rows.ts': {
    reason: 'makes the rows of an import, and writes nothing',
    functions: 'lookUp rowsOf',
  },
  'transfer/imports.ts': {
    reason: 'writes what its argument says whose it is',
    functions: 'insertSessionTree insertSessionBranch insertMessageTree',
  },
  'usage/allowances.ts': {
    reason: 'its argument names the person, or the key, that pays',
    functions: 'readAllowance lockAllowance reserveAllowance settleAllowance noteShortage',
  },
  'usage/background-usage.ts': {
    reason: 'its owner is the session’s',
    functions: 'insertBackgroundUsage',
  },
  'usage/spending.ts': {
    reason: 'the day’s budget of all together',
    functions: 'reserveSpending settleSpending',
  },
  'usage/usage-of-all.ts': {
    reason: 'administration: what all people used, without what they said',
    functions: 'sumUsageOfAll',
  },
  'usage/usage.ts': {
    reason: 'its argument has the user',
    functions: 'sumUsageByModel sumUsageByDay isUnknownZone',
  },
}

/** The exported functions of a file, each with its parameters as text. */
function exported(text: string): { name: string; parameters: string }[] {
  return [...text.matchAll(/^export (?:async )?function\*? ?(\w+)(?:<[^>]*>)?\(/gm)].map(
    (found) => {
      const from = found.index + found[0].length
      let depth = 1
      let to = from
      for (; depth > 0 && to < text.length; to += 1) {
        if (text[to] === '(') depth += 1
        if (text[to] === ')') depth -= 1
      }
      return { name: found[1] ?? '', parameters: text.slice(from, to) }
    },
  )
}

test('every query is given whose data it may touch, or is named here with its reason (P10)', () => {
  const files = globSync('db/queries/**/*.ts').filter((path) => !/\.test\.|testing\.ts$/.test(path))
  expect(files.length).toBeGreaterThan(20)
  for (const path of files) {
    const text = readFileSync(path, 'utf8')
    // `exported` reads functions by their declarations.
    expect.soft(text, path).not.toMatch(/^export const \w+ = (?:async )?(?:<[^>]*>)?\(\s*[\w{]/m)
    const without = exported(text)
      .filter(({ parameters }) => !/user|personId|owner/i.test(parameters))
      .map(({ name }) => name)
    const named = EXEMPT[relative('db/queries', path)]?.functions.split(' ') ?? []
    expect.soft(without.toSorted(), path).toEqual(named.toSorted())
  }
})
