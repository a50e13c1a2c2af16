import { expect, test } from 'vitest'
import { LogRecorder } from '../../session/testing/recorder.ts'
import { answered, refused, sending, shown, without } from './pending.ts'
import { newId } from '../../contract/new-id.ts'

const send = (id: string): { id: string; text: string; parentId: null } => ({
  id,
  text: 'Hello',
  parentId: null,
})

test('a repeated send takes the place of the one that failed', () => {
  const [first, second] = [newId(), newId()]
  const failed = refused(sending(sending([], send(first)), send(second)), first, {
    code: 'CONFLICT',
    message: 'busy',
  })
  expect(failed.map(({ status }) => status)).toEqual(['failed', 'sending'])
  const again = sending(failed, send(first))
  expect(again.map(({ id, status }) => [id, status])).toEqual([
    [first, 'sending'],
    [second, 'sending'],
  ])
  expect(again[0]).not.toHaveProperty('error')
  expect(without(again, first)).toHaveLength(1)
})

test('a snapshot shows what was committed: an answered send that it lacks was taken back', () => {
  const log = new LogRecorder()
  const [inLog, takenBack, onItsWay] = [newId(), newId(), newId()]
  log.say('Hello', inLog)
  const view = log.views.at(-1)?.event
  if (view === undefined) throw new Error('no view')
  let pending = [inLog, takenBack, onItsWay].reduce(
    (all, id) => sending(all, send(id)),
    sending([], send(inLog)),
  )
  pending = answered(pending, takenBack)
  expect(shown(pending, view).map(({ id }) => id)).toEqual([onItsWay])
})
