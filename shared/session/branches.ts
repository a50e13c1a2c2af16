/** The fields of a message that determine its place in a session's tree. */
export type BranchNode<Id extends string = string> = {
  id: Id
  parentId: Id | null
  /** ISO 8601; ties are broken by the ids. */
  createdAt: string
}

/**
 * The newest leaf below a message: at each fork, the newest child is taken.
 * @returns the message itself when it has no children or is not in the tree
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
