/** A message in the tree of a session, as far as its place matters. */
export type BranchNode<Id extends string = string> = {
  id: Id
  parentId: Id | null
  /** ISO 8601; ids settle what it leaves open. */
  createdAt: string
}

/**
 * The newest end of the branch that goes through a message: from it down, the newest child at each fork.
 *
 * @returns the message itself when nothing follows it, or it is not in the tree
 */
export function leafUnder<Id extends string>(nodes: readonly BranchNode<Id>[], id: Id): Id {
  const children = Map.groupBy(nodes, (node) => node.parentId)
  let leaf = id
  for (;;) {
    const newest = children.get(leaf)?.reduce((a, b) => (isNewer(b, a) ? b : a))
    if (!newest) {
      return leaf
    }
    leaf = newest.id
  }
}

function isNewer(a: BranchNode, b: BranchNode): boolean {
  return a.createdAt === b.createdAt ? a.id > b.id : a.createdAt > b.createdAt
}
