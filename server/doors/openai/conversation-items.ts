import { branchPath } from '../../../db/queries/messages/branches.ts'
import { readMessages, readQueued } from '../../../db/queries/messages/messages.ts'
import { findCall } from '../../../db/queries/messages/tool-calls.ts'
import { readActiveLeaf } from '../../../db/queries/sessions/sessions.ts'
import { MessageId } from '../../../shared/contract/ids.ts'
import type { SessionId } from '../../../shared/contract/ids.ts'
import type { Message, Part } from '../../../shared/contract/message.ts'
import { dashed, hex, readCallId } from '../ids.ts'
import type { DoorRequest } from '../request.ts'
import { callItem, itemOfServerCall, textOf } from './call-items.ts'
import { DoorError } from './errors.ts'
import { fileContent } from './input-items.ts'
import { listOf, noItem } from './lists.ts'
import type { Page } from './lists.ts'
import type { Item } from './response-object.ts'
import { textItem } from './text-items.ts'

/** Messages that are read at once, and the most UTF-16 units of items in a page; a page has at least one item. */
const BOUNDS = { messages: 20, length: 1024 * 1024 }

/** A page of items of the active branch. The caller has checked that the session is the user's. */
export async function conversationItems(door: DoorRequest, sessionId: SessionId, page: Page) {
  const { limit, order, after } = page
  const { db } = door.services.database
  const leaf = await readActiveLeaf(db, sessionId)
  const path = leaf ? await branchPath(db, door.userId, sessionId, leaf) : []
  const queued = (await readQueued(db, sessionId)).map(({ message }) => message.id)
  const ids = order === 'asc' ? [...path, ...queued] : [...path, ...queued].toReversed()
  const last = after === undefined ? null : await messageOf(door, after)
  const begin = after === undefined ? 0 : ids.findIndex((id) => id === last)
  if (after !== undefined && begin < 0) throw noItem(after)
  const data: Item[] = []
  let length = 0
  let isFound = after === undefined
  for (let at = begin; at < ids.length; at += BOUNDS.messages) {
    const wanted = ids.slice(at, at + BOUNDS.messages)
    const read = await readMessages(db, sessionId, wanted)
    const byId = new Map(read.map(({ message }) => [message.id, message]))
    for (const id of wanted) {
      const message = byId.get(id)
      const items = message ? itemsOf(message) : []
      for (const item of order === 'asc' ? items : items.toReversed()) {
        if (!isFound) {
          isFound = after !== undefined && isSame(item.id, after)
          continue
        }
        length += JSON.stringify(item).length
        if (data.length === limit || (data.length > 0 && length > BOUNDS.length)) {
          return listOf(data, true)
        }
        data.push(item)
      }
      if (!isFound && after !== undefined) throw noItem(after)
    }
  }
  return listOf(data, false)
}

/** One item of any branch. The caller has checked that the session is the user's. */
export async function conversationItem(
  door: DoorRequest,
  sessionId: SessionId,
  itemId: string,
): Promise<Item> {
  const id = await messageOf(door, itemId)
  const read = id ? await readMessages(door.services.database.db, sessionId, [id]) : []
  const items = read.flatMap(({ message }) => itemsOf(message))
  const found =
    items.find((item) => item.id === itemId) ?? items.find((item) => isSame(item.id, itemId))
  if (!found) {
    const message = `Item with id '${itemId.slice(0, 100)}' not found.`
    throw new DoorError(message, { status: 404, param: 'item_id' })
  }
  return found
}

/** The message that an item is part of. */
async function messageOf({ services, userId }: DoorRequest, itemId: string) {
  const [, prefix = '', digits = ''] = /^([a-z]+)_([0-9a-f]{32})/i.exec(itemId) ?? []
  if (prefix === 'msg' || prefix === 'rs') return MessageId.safeParse(dashed(digits)).data ?? null
  const callId = readCallId(`call_${digits}`)
  return callId && ((await findCall(services.database.db, userId, callId))?.messageId ?? null)
}

/** A call that needed an approval is two items, one after the other. */
function isSame(id: string, other: string): boolean {
  return id === other || id.replace(/^mcpr_/, 'mcp_') === other.replace(/^mcpr_/, 'mcp_')
}

/** The items of a message. */
export function itemsOf(message: Message): Item[] {
  return message.parts.flatMap((part, index) => toItemsOfPart(message, part, index))
}

function toItemsOfPart(message: Message, part: Part, index: number): Item[] {
  const { id, role } = message
  const itemId = `msg_${hex(id)}_${index}`
  if (part.type === 'file') {
    const content = [fileContent(part.file)]
    return [{ type: 'message', id: itemId, role, status: 'completed', content }]
  }
  if (part.type === 'tool') {
    const { call } = part
    if (call.source !== 'client') return [itemOfServerCall(call)]
    const asked = callItem('function', call, 'completed')
    if (call.status === 'running') return [asked]
    const output = call.output === undefined ? (call.error ?? '') : textOf(call.output)
    return [
      asked,
      {
        ...{ type: 'function_call_output', id: `fco_${hex(call.id)}`, status: 'completed' },
        ...{ call_id: asked.call_id, output },
      },
    ]
  }
  if (role === 'user') {
    const content = [{ type: 'input_text', text: part.text }]
    return [{ type: 'message', id: itemId, role, status: 'completed', content }]
  }
  const textId = part.type === 'reasoning' ? `rs_${hex(id)}_${index}` : itemId
  const text = { part: index, kind: part.type, text: part.text, id: textId, index }
  return [{ ...textItem(text, 'completed'), status: statusOfText(message, index) }]
}

/** The status of the last text of an answer that is being written or was cut. */
function statusOfText({ status, parts }: Message, index: number): string {
  if (index < parts.length - 1 || status === 'completed') return 'completed'
  return status === 'running' || status === 'waiting' ? 'in_progress' : 'incomplete'
}
