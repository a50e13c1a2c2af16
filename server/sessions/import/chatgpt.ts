import { EXPORT_LIMITS } from '../../../shared/contract/export.ts'
import type {
  ExportedCall,
  ExportedMessage,
  ExportedSession,
} from '../../../shared/contract/export.ts'
import { clean, extendAnswer, toMessage } from './chatgpt-answer.ts'
import type { Answer } from './chatgpt-answer.ts'
import type { ChatGptConversation, ChatGptMessage, ChatGptNode } from './chatgpt-file.ts'
import { storedFilesOf, textOf } from './chatgpt-text.ts'
import { invalidImport } from './import-error.ts'
import type { ImportPath } from './import-error.ts'

/** The end of a path through the tree so far. */
type Place = {
  parent: ExportedMessage | null
  answer: Answer | null
  /** The time for nodes without one. */
  at: string
}

/**
 * The conversations of a file of ChatGPT as sessions: all branches, without what ChatGPT hides from the person.
 *
 * @param now ISO 8601, for a conversation without any time
 * @throws BAD_REQUEST when the nodes of one are not a tree, or the answers become too large
 */
export function fromChatGpt(
  conversations: readonly ChatGptConversation[],
  now: string,
): ExportedSession[] {
  const size = { ofFile: 0 }
  return conversations.map((conversation, index) => toSession(conversation, [index], now, size))
}

/** @param path the place of the conversation in the data */
function toSession(
  conversation: ChatGptConversation,
  path: ImportPath,
  now: string,
  size: Size,
): ExportedSession {
  const createdAt = toTime(conversation.create_time) ?? now
  const updatedAt = toTime(conversation.update_time) ?? createdAt
  const tree = new Conversion(conversation.mapping, [...path, 'mapping'], size)
  tree.walk(createdAt)
  return {
    id: 'session',
    title: clean(conversation.title ?? '').slice(0, 2_000) || null,
    titleSource: conversation.title ? 'model' : null,
    summary: null,
    // Nobody reads the session yet; the next message opens it.
    status: 'closed',
    model: null,
    systemPrompt: null,
    pinned: false,
    archived: conversation.is_archived ?? false,
    createdAt,
    updatedAt,
    endedAt: updatedAt,
    durationMs: null,
    activeLeaf: tree.messageAt(conversation.current_node ?? null),
    messages: tree.messages,
  }
}

/**
 * A tree that forks late in long answers would become too large, because each path has its answer whole. UTF-16 units of
 * the answers of one conversation, and of those of the whole file: about twice what a file without forks can have.
 */
const MAX_SIZE = { ofConversation: 100_000_000, ofFile: 150_000_000 }
/** The fixed share of a part in the size, besides its text. */
const PART_SIZE = 100

/** The size of all answers of the file so far; each conversation adds to it. */
type Size = { ofFile: number }

class Conversion {
  readonly #nodes: Map<string, ChatGptNode>
  readonly #path: ImportPath
  readonly #made = new Map<string, ExportedMessage>()
  /** The message of which a node has become a part. */
  readonly #messageOf = new Map<string, string>()
  readonly #sizeBefore: number
  readonly #size: Size

  constructor(mapping: Record<string, ChatGptNode>, path: ImportPath, size: Size) {
    this.#nodes = new Map(Object.entries(mapping))
    this.#path = path
    this.#sizeBefore = size.ofFile
    this.#size = size
  }

  get messages(): ExportedMessage[] {
    return [...this.#made.values()]
  }

  walk(startedAt: string): void {
    const roots = [...this.#nodes].filter(([, { parent }]) => !parent || !this.#nodes.has(parent))
    const start: Place = { parent: null, answer: null, at: startedAt }
    // An explicit stack, because a conversation may be deeper than the process's own.
    const open = roots.map(([id]) => ({ id, place: start })).toReversed()
    const visited = new Set<string>()
    const named = new Set(roots.map(([id]) => id))
    for (let next = open.pop(); next; next = open.pop()) {
      const { id } = next
      const node = this.#nodes.get(id)
      if (!node || visited.has(id)) {
        throw invalidImport([...this.#path, id], 'has two parents, or is its own ancestor')
      }
      visited.add(id)
      this.#checkChildren(id, node, named)
      const place = this.#visit(id, node, next.place)
      for (const child of node.children.toReversed()) {
        open.push({ id: child, place })
      }
      if (node.children.length === 0) {
        this.#finish(place)
      }
    }
    const lost = [...this.#nodes.keys()].find((id) => !visited.has(id))
    if (lost !== undefined) {
      throw invalidImport([...this.#path, lost, 'parent'], 'does not have this node as its child')
    }
  }

  /** Each node may be named once in the whole file: a list with one name a million times would make a million paths. */
  #checkChildren(id: string, { children }: ChatGptNode, named: Set<string>): void {
    for (const [index, child] of children.entries()) {
      if (!this.#nodes.has(child)) {
        throw invalidImport([...this.#path, id, 'children', index], 'there is no such node')
      }
      if (named.has(child)) {
        throw invalidImport([...this.#path, child], 'has two parents, or is its own ancestor')
      }
      named.add(child)
    }
  }

  /** The message with this node, or the nearest one before it; the newest one when there is none. */
  messageAt(node: string | null): string | null {
    const seen = new Set<string>()
    for (let id = node; id !== null && !seen.has(id); id = this.#nodes.get(id)?.parent ?? null) {
      const found = this.#messageOf.get(id)
      if (found !== undefined) {
        return found
      }
      seen.add(id)
    }
    return this.messages.at(-1)?.id ?? null
  }

  #visit(id: string, { message }: ChatGptNode, place: Place): Place {
    if (!message || message.metadata?.is_visually_hidden_from_conversation) {
      return place
    }
    const at = toTime(message.create_time) ?? place.at
    switch (message.author.role) {
      case 'user': {
        const text = textOf(message.content)
        const files = storedFilesOf(message.content)
        if (text.trim() === '' && files.length === 0) {
          return place
        }
        const parent = this.#finish(place)
        const question: ExportedMessage = {
          id,
          parentId: parent?.id ?? null,
          role: 'user',
          createdAt: at,
          parts: [
            ...(text.trim() === '' ? [] : [{ type: 'text' as const, text }]),
            ...files.map((file) => ({ type: 'file' as const, file })),
          ],
        }
        this.#made.set(id, question)
        this.#messageOf.set(id, id)
        return { parent: question, answer: null, at }
      }
      case 'assistant':
      case 'tool':
        return { ...place, at, answer: this.#extend(place, id, message, at) }
      default:
        return place
    }
  }

  /** Makes the answer at the end of a path, unless another path made it; returns what follows it. */
  #finish({ parent, answer }: Place): ExportedMessage | null {
    if (!answer) {
      return parent
    }
    const made = this.#made.get(answer.id)
    if (made) {
      return made
    }
    this.#count(answer)
    const message = toMessage(answer, parent)
    this.#made.set(answer.id, message)
    for (const node of answer.nodes) {
      if (!this.#messageOf.has(node) || node === answer.id) {
        this.#messageOf.set(node, answer.id)
      }
    }
    return message
  }

  #extend(place: Place, id: string, message: ChatGptMessage, at: string): Answer | null {
    const answer = extendAnswer(place, id, message, at)
    if (answer && answer.nodes.length > EXPORT_LIMITS.parts) {
      throw invalidImport([...this.#path, id], 'the answer has too many nodes')
    }
    return answer
  }

  #count({ id, nodes, parts }: Answer): void {
    this.#size.ofFile += PART_SIZE * nodes.length
    for (const part of parts) {
      this.#size.ofFile +=
        PART_SIZE +
        (part.type === 'tool' ? sizeOf(part.call) : 'text' in part ? part.text.length : 0)
    }
    if (this.#size.ofFile - this.#sizeBefore > MAX_SIZE.ofConversation) {
      throw invalidImport([...this.#path, id], 'the conversation forks into too much text')
    }
    if (this.#size.ofFile > MAX_SIZE.ofFile) {
      throw invalidImport(
        [...this.#path, id],
        'the conversations up to here fork into too much text together; import them in several smaller files',
      )
    }
  }
}

function sizeOf({ arguments: written, output }: ExportedCall): number {
  return 2 * written.length + (typeof output === 'string' ? output.length : 0)
}

function toTime(seconds: number | null | undefined): string | null {
  return seconds ? new Date(seconds * 1000).toISOString() : null
}
