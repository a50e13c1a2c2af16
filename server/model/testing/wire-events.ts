import { chatChunk, DONE, sse } from './scripted-provider.ts'

/** Bodies of both APIs in a short notation for tests. */
type CallPiece = {
  index?: number
  id?: string | null
  name?: string | null
  args?: string | null | object
}

/** A chunk of Chat Completions with text. */
export const chatText = (content: string): object => chatChunk({ content })

/** A chunk of Chat Completions with pieces of calls; absent fields are not sent. */
export function chatCalls(...pieces: CallPiece[]): object {
  return chatChunk({
    tool_calls: pieces.map(({ index, id, name, args }) => ({
      ...(index !== undefined && { index }),
      ...(id !== undefined && { id }),
      function: {
        ...(name !== undefined && { name }),
        ...(args !== undefined && { arguments: args }),
      },
    })),
  })
}

export const chatEnd = (reason: string | null = 'stop', more: object = {}): string =>
  sse(chatChunk({}, reason, more)) + DONE

/** An event of the Responses API. */
export function event(type: string, fields: object = {}): object {
  return { type: `response.${type}`, ...fields }
}

export const textDelta = (delta: string, index = 0, more: object = {}): object =>
  event('output_text.delta', { output_index: index, content_index: 0, delta, ...more })

export const itemAdded = (index: number, item: object): object =>
  event('output_item.added', { output_index: index, item })

export const itemDone = (index: number, item: object): object =>
  event('output_item.done', { output_index: index, item })

export const argumentsDelta = (index: number, delta: string): object =>
  event('function_call_arguments.delta', { output_index: index, delta })

export const messageItem = (text: string): object => ({
  type: 'message',
  id: 'msg_1',
  content: [{ type: 'output_text', text }],
})

export const callItem = (args: string | null, id = 'c1', name = 'add'): object => ({
  type: 'function_call',
  id: `fc_${id}`,
  call_id: id,
  name,
  arguments: args,
})

export function completed(output: object[] = [], more: object = {}): string {
  return sse(
    event('completed', {
      response: {
        object: 'response',
        model: 'scripted',
        status: 'completed',
        output,
        usage: { input_tokens: 1, output_tokens: 2 },
        ...more,
      },
    }),
  )
}
