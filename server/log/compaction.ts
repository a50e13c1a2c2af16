import type { Db } from '../../db/engine/database.ts'
import { isRefusal } from '../../db/engine/database-errors.ts'
import { compactShort, readEnded, replaceEvents } from '../../db/queries/log/compaction.ts'
import type { EndedRun, ShortLog } from '../../db/queries/log/compaction.ts'
import { deleteEvents } from '../../db/queries/log/events.ts'
import { readCallsInProgress, readChunks } from '../../db/queries/log/run-events.ts'
import { markCompacted } from '../../db/queries/runs/runs.ts'
import type { Run } from '../../db/queries/runs/runs.ts'
import type { ChunkEvent } from '../../shared/contract/events.ts'
import { inSlices } from '../../shared/contract/in-slices.ts'
import { Gathering } from '../concurrency/gathering.ts'
import { MAX_PIECE } from './reading/frames.ts'
import { parseEvent } from './reading/snapshot.ts'

/** Rows that one statement touches. The limit is small because the embedded database does nothing else meanwhile. */
const SLICE = 1_000

/** A longer part is stored as several events, since each event has to fit into a frame. UTF-16 units. */
const LONGEST_PIECE = MAX_PIECE

/** The most logs that one statement reads or compacts. */
const BATCH = 16

type Batches = { ended: Gathering<Run, EndedRun | null>; short: Gathering<ShortLog, void> }

/**
 * Shortens the logs of ended runs; those that end at the same time share statements.
 *
 * @param now ISO 8601
 */
export function createCompaction(db: Db, now: () => string): (run: Run) => Promise<void> {
  const options = { most: BATCH, failsAlone: isRefusal }
  const compact = async (logs: readonly ShortLog[]) => {
    await compactShort(db, logs)
    return logs.map(() => undefined)
  }
  const batches: Batches = {
    ended: new Gathering((runs: readonly Run[]) => readEnded(db, runs, SLICE), options),
    short: new Gathering(compact, options),
  }
  return (run) => compactRun(db, batches, run, now())
}

/**
 * Replaces the chunks of an ended run by one chunk for each part, with the part's whole text, at the `seq` of its last
 * chunk, and removes the progress of its calls. A very long part keeps one chunk for each piece of its text. A reader
 * with a cursor in between gets the text of the piece again that it had in part, and then what follows. The whole texts
 * are inserted before anything is deleted, so that neither a reader nor a crash in the middle loses text.
 */
async function compactRun(db: Db, batches: Batches, run: Run, now: string): Promise<void> {
  // A run that waits for a person, or that another node drives, still adds to its parts.
  const ended = await batches.ended.do(run)
  if (ended === null) {
    return
  }
  const { parts } = ended
  const stretches = new Map<number, Stretch[]>()
  const all: number[] = []
  for (let rows: { seq: number; data: string }[] = ended.chunks; ;) {
    for (const { seq, data } of rows) {
      const chunk = parseEvent(data)
      all.push(seq)
      if (chunk.type === 'chunk') {
        stretches.set(chunk.part, extend(stretches.get(chunk.part) ?? [], seq, chunk))
      }
    }
    if (rows.length < SLICE) {
      break
    }
    rows = await readChunks(db, run.sessionId, run.id, all.at(-1) ?? 0, SLICE)
  }
  const wholes: { seq: number; data: string }[] = []
  for (const [index, ofPart] of stretches) {
    const part = parts[index]
    // A step that was cut and done again may have written parts that the final answer does not have.
    if (!part || part.type === 'tool' || part.type === 'file') {
      continue
    }
    for (const { seq, chunk, start, end } of ofPart) {
      const isLast = seq === ofPart.at(-1)?.seq
      const text = part.text.slice(start, isLast ? undefined : end)
      const whole: ChunkEvent = { ...chunk, kind: part.type, offset: start, text }
      wholes.push({ seq, data: JSON.stringify(whole) })
    }
  }
  const kept = new Set(wholes.map(({ seq }) => seq))
  // The newest chunks are deleted first: a reader meanwhile finds the old beginning, and then the whole texts.
  const chunks = all.filter((seq) => !kept.has(seq)).toReversed()
  const called = parts.some(({ type }) => type === 'tool')
  const gone = called ? [...chunks, ...(await progressOf(db, run))] : chunks
  if (all.length + gone.length <= SLICE) {
    return batches.short.do({ run, wholes, gone, now })
  }
  await replaceEvents(db, run.sessionId, wholes)
  for (const slice of inSlices(gone, SLICE)) {
    await deleteEvents(db, run.sessionId, slice)
  }
  await markCompacted(db, run.id, now)
}

/** The events with the progress of calls; each of these calls has a later event without it. */
async function progressOf(db: Db, { id, sessionId }: Run): Promise<number[]> {
  const rows = await readCallsInProgress(db, sessionId, id)
  return rows.flatMap(({ seq, data }) => {
    const event = parseEvent(data)
    return event.type === 'tool' && event.call.progress ? [seq] : []
  })
}

/** Neighbouring chunks of one part that become one: the `seq` of the last, and where their text begins in the part. */
type Stretch = { seq: number; chunk: ChunkEvent; start: number; end: number }

/** Adds a chunk to the last stretch while there is room. A chunk with offset 0 begins the part anew. */
function extend(stretches: Stretch[], seq: number, chunk: ChunkEvent): Stretch[] {
  const end = chunk.offset + chunk.text.length
  const last = stretches.at(-1)
  if (!last || chunk.offset === 0) {
    return [{ seq, chunk, start: 0, end }]
  }
  return end - last.start <= LONGEST_PIECE
    ? [...stretches.slice(0, -1), { seq, chunk, start: last.start, end }]
    : [...stretches, { seq, chunk, start: last.end, end }]
}
