import fc from 'fast-check'
import type { Outcome, TextKind } from '../../../shared/contract/message.ts'
import { KINDS, RunWriter } from './run-writer.ts'
import type { CallKind, LoggedRun } from './run-writer.ts'

const written = fc.array(
  fc.tuple(
    fc.constantFrom<TextKind>('text', 'text', 'reasoning', 'refusal'),
    fc.string({ unit: fc.constantFrom('a', ' ', '\n', 'é', '😀'), minLength: 1, maxLength: 6 }),
  ),
  { maxLength: 6 },
)

/** The texts of cut attempts, and whether the next attempt continued each. */
const cut = fc.array(fc.tuple(written, fc.boolean()), { maxLength: 3 })

const step = fc.record({
  ...{ cut, written },
  /** Earlier calls are told of again between these texts. */
  tellsAgain: fc.boolean(),
  /** A message of the user joins the answer behind this step. */
  joins: fc.boolean(),
  calls: fc.array(fc.constantFrom<CallKind>(...KINDS), { minLength: 1, maxLength: 3 }),
  /** Another node takes the run over while its calls are carried out. */
  isTaken: fc.boolean(),
})

/**
 * Runs of several steps: texts, calls of every kind, messages that join, takeovers in the middle of a step, calls that are
 * told of again in the middle of a text, and each way to end; also such that go on with what an earlier run had written.
 */
export const loggedRuns: fc.Arbitrary<LoggedRun> = fc
  .record({
    steps: fc.array(step, { minLength: 1, maxLength: 4 }),
    /** What an earlier run that was cut wrote; when it was imported, the log begins behind it. */
    earlier: fc.option(
      fc.record({
        ...{ cut, written },
        calls: fc.array(fc.constantFrom<CallKind>('server', 'fails', 'lost'), { maxLength: 2 }),
        isImported: fc.boolean(),
      }),
    ),
    outcome: fc.constantFrom<Outcome>('completed', 'stopped', 'failed', 'interrupted'),
    finish: fc.constantFrom('stop', 'length', 'content-filter', 'max-steps'),
    /** It ends in the middle of the last step's calls, where it does not complete. */
    inCalls: fc.boolean(),
  })
  .map(({ steps, outcome, earlier, finish, inCalls }) => {
    const writer = new RunWriter(earlier)
    steps.forEach((one, index) => {
      writer.writeAttempts(one, one.tellsAgain)
      const isLast = index === steps.length - 1
      if (!isLast) {
        writer.call(one.calls, { isTaken: one.isTaken, isEnded: false })
        if (one.joins) writer.join()
      } else if (inCalls && outcome !== 'completed') {
        writer.call(one.calls, { isTaken: one.isTaken, isEnded: true })
      }
    })
    return writer.end(outcome, finish)
  })
