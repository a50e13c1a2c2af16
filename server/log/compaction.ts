import type { Db } from '../../db/engine/database.ts'
import { compactAtOnce, readEnded, replaceEvents } from '../../db/queries/log/compaction.ts'
import { deleteEvents, readCallsInProgress, readChunks } from '../../db/queries/log/events.ts'
import { markCompacted } from '../../db/queries/runs/runs.ts'
import type { Run } from '../../db/queries/runs/runs.ts'
import type { ChunkEvent } from '../../shared/contract/events.ts'
import { MAX_PIECE } from './reading/frames.ts'
import { parseEvent } from './reading/snapshot.ts'

/** Rows touched by one statement: an embedded database serves nobody else meanwhile. */
const SLICE = 1_000

/** A longer part is stored as several events, since each event has to fit into a frame. UTF-16 units. */
const LONGEST_PIECE = MAX_PIECE

/**
 * Replaces the chunks of an ended run by one for each part, with the part's whole text, in the place of its last, and
 * forgets how far its calls were while they ran. A very long part keeps a piece for each stretch of its text, in the
 * place of the last chunk of that stretch.
 * A reader from any place between gets again the text of the stretch it was in, and then what came after it. The whole
 * texts go in before anything goes away, so that a reader, or a crash, in the middle finds nothing missing.
 */
export async function compactRun(db: Db, run: Run, now: string): Promise<void> {
  // One that waits for a person, or goes on elsewhere, still adds to its parts.
  const ended = await readEnded(db, run, SLICE)
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
    // A step that was cut and done again may have written parts that the answer does not have in the end.
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
  // The newest go first: who reads meanwhile finds the beginning as it was, and then the whole texts.
  const chunks = all.filter((seq) => !kept.has(seq)).toReversed()
  const called = parts.some(({ type }) => type === 'tool')
  const gone = called ? [...chunks, ...(await progressOf(db, run))] : chunks
  if (all.length + gone.length <= SLICE) {
    return compactAtOnce(db, run, wholes, gone, now)
  }
  await replaceEvents(db, run.sessionId, wholes)
  for (let from = 0; from < gone.length; from += SLICE) {
    await deleteEvents(db, run.sessionId, gone.slice(from, from + SLICE))
  }
  await markCompacted(db, run.id, now)
}

/** Where the log tells how far calls had come: each of them has a later state, without it. */
async function progressOf(db: Db, { id, sessionId }: Run): Promise<number[]> {
  const rows = await readCallsInProgress(db, sessionId, id)
  return rows.flatMap(({ seq, data }) => {
    const event = parseEvent(data)
    return event.type === 'tool' && event.call.progress ? [seq] : []
  })
}

/** Neighbouring chunks of one part: the last of them, and where their text stands in the part's. */
type Stretch = { seq: number; chunk: ChunkEvent; start: number; end: number }

/** Adds a chunk to the last stretch while there is room; text from offset 0 begins the part anew. */
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
