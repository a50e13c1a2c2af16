import fc from 'fast-check'
import { expect, test } from 'vitest'
import { leafUnder } from './branches.ts'
import type { BranchNode } from './branches.ts'

/** A tree whose nodes are made one after the other, each below an earlier one. */
const tree = fc.array(fc.nat(), { minLength: 1, maxLength: 40 }).map((choices) =>
  choices.map((choice, index): BranchNode => ({
    id: `m${String(index).padStart(3, '0')}`,
    parentId: index === 0 ? null : `m${String(choice % index).padStart(3, '0')}`,
    createdAt: new Date(index * 1000).toISOString(),
  })),
)

test('a branch ends where nothing follows, and each message of it is the newest of its siblings', () => {
  fc.assert(
    fc.property(tree, fc.nat(), (nodes, pick) => {
      const start = nodes[pick % nodes.length]?.id ?? ''
      const leaf = leafUnder(nodes, start)
      expect(nodes.some(({ parentId }) => parentId === leaf)).toBe(false)
      for (let at = leaf; at !== start;) {
        const node = nodes.find(({ id }) => id === at)
        const siblings = nodes.filter(({ parentId }) => parentId === node?.parentId)
        expect(siblings.at(-1)?.id).toBe(at)
        at = node?.parentId ?? start
      }
    }),
  )
})

test('a message that is not in the tree is its own branch', () => {
  expect(leafUnder([], 'nobody')).toBe('nobody')
})
