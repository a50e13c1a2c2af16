import fc from 'fast-check'
import { LogRecorder } from './recorder.ts'

const text = fc.string({
  unit: fc.constantFrom('a', 'b', ' ', '\n', 'é', '😀', '👩‍🚀'),
  maxLength: 8,
})

type Action = (recorder: LogRecorder) => void

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 2,
    arbitrary: text.map(
      (words): Action =>
        (session) =>
          void session.say(words),
    ),
  },
  {
    weight: 1,
    arbitrary: text.map(
      (words): Action =>
        (session) =>
          session.editQueued(words),
    ),
  },
  {
    weight: 1,
    arbitrary: text.map(
      (words): Action =>
        (session) =>
          session.rename(words),
    ),
  },
  {
    weight: 1,
    arbitrary: text.map(
      (words): Action =>
        (session) =>
          session.changeElsewhere(words),
    ),
  },
  { weight: 4, arbitrary: fc.constant<Action>((session) => session.start()) },
  {
    weight: 20,
    arbitrary: fc
      .tuple(
        fc.constantFrom('text', 'text', 'text', 'reasoning', 'refusal'),
        text,
        fc.integer({ min: 0, max: 9 }),
      )
      .map(
        ([kind, words, fresh]): Action =>
          (session) =>
            session.write(kind, words, fresh === 0),
      ),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom('pending', 'running', 'completed', 'failed'), fc.jsonValue())
      .map(
        ([status, output]): Action =>
          (session) =>
            session.call(status, output),
      ),
  },
  {
    weight: 2,
    arbitrary: fc.nat(3).map(
      (keep): Action =>
        (session) =>
          session.takeOver(keep),
    ),
  },
  { weight: 2, arbitrary: fc.constant<Action>((session) => session.park()) },
  { weight: 4, arbitrary: fc.constant<Action>((session) => session.ask()) },
  {
    weight: 2,
    arbitrary: fc.constantFrom('completed', 'stopped', 'failed', 'interrupted').map(
      (outcome): Action =>
        (session) =>
          session.end(outcome),
    ),
  },
)

/** Valid logs of sessions: several runs, parts of every kind, takeovers, queued messages. */
export const recordedLogs: fc.Arbitrary<LogRecorder> = fc
  .array(action, { minLength: 1, maxLength: 80, size: 'max' })
  .map((actions) => {
    const recorder = new LogRecorder()
    for (const act of actions) act(recorder)
    return recorder
  })
