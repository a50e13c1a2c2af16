import { expect, test } from 'vitest'
import { Attempts } from './attempts.ts'

const RUN = 'run'
const [A, B] = ['node a', 'node b']
const runs = (owner: string | null, status = 'running') => new Map([[RUN, { owner, status }]])

/** A run that node A began, and whose first request to the model was the first of all. */
function begun() {
  const asked = { newest: 0 }
  const attempts = new Attempts(() => asked.newest)
  const write = (nodeId: string, before: string | null, after = before) => ({
    ...{ run: RUN, nodeId, before: runs(before), after: runs(after) },
  })
  attempts.start(1, { ...write(A, null, A), before: new Map() }, [A, B])
  asked.newest = 1
  return { attempts, asked, write }
}

test('the node of a released run may write the text that it has, until the next attempt begins (P8)', () => {
  const { attempts, asked, write } = begun()
  attempts.chunk('[1:0😀]', write(A, A))
  attempts.chunk('[1:1😀]', write(A, null))
  expect(() => attempts.chunk('[1:2😀]', write(B, null))).toThrow('P8')
  attempts.start(2, write(B, null, B), [A, B])
  asked.newest = 2
  expect(() => attempts.chunk('[1:2😀]', write(A, B))).toThrow('P8')
  attempts.chunk('[2:0😀]', write(B, B))
})

test('the text of an earlier attempt is told from that of the next one at the same node (P8)', () => {
  const { attempts, asked, write } = begun()
  attempts.start(2, write(A, null, A), [A])
  asked.newest = 2
  expect(() => attempts.chunk('[1:0😀]', write(A, A))).toThrow('P8')
  attempts.chunk('[2:0😀]', write(A, A))
})

test('a released run is not ended, and a run of a living node is not taken (P8)', () => {
  const { attempts, write } = begun()
  expect(() => attempts.end(write(A, null))).toThrow('P8')
  expect(() => attempts.start(2, write(B, A, B), [A, B])).toThrow('P8')
  attempts.start(2, write(B, A, B), [B])
  attempts.end(write(B, B, null))
  expect(() => attempts.checkOpen(RUN, 'chunk')).toThrow('P9')
})

test('a run that a person woke goes on at another node with its attempt', () => {
  const { attempts, write } = begun()
  attempts.wake(runs(null, 'waiting'), runs(B))
  attempts.chunk('[1:0😀]', write(B, B))
  expect(() => attempts.chunk('[1:1😀]', write(A, B))).toThrow('P8')
})
