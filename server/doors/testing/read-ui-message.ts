import { readUIMessageStream } from 'ai'
import type { UIMessage, UIMessageChunk } from 'ai'

/** The message that the AI SDK makes of these chunks. */
export async function readUiMessage(chunks: readonly object[]): Promise<UIMessage> {
  // A stopped answer is one that is aborted, and a failed one throws: neither matters for what was said.
  const told = chunks.filter(
    (chunk) => 'type' in chunk && !/^(error|abort)$/.test(String(chunk.type)),
  )
  const stream = new ReadableStream<UIMessageChunk>({
    start(controller) {
      for (const chunk of told) controller.enqueue(chunk as UIMessageChunk)
      controller.close()
    },
  })
  let last: UIMessage = { id: '', role: 'assistant', parts: [] }
  const options = { stream, onError: (error: unknown) => Promise.reject(error) }
  for await (const message of readUIMessageStream(options)) last = message
  return last
}
