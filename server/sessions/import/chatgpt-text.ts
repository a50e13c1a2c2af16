import type { File } from '../../../shared/contract/file.ts'
import type { ChatGptContent } from './chatgpt-file.ts'
import { fenced } from '../export/markdown.ts'

/** The text of a content of any type. What the file does not contain, such as an image, is named. */
export function textOf(content: ChatGptContent): string {
  switch (content.content_type) {
    // The settings of the person's account, which begin each conversation and are not shown.
    case 'user_editable_context':
    case 'model_editable_context':
    case 'reasoning_recap':
    case 'thoughts':
      return ''
    case 'code':
      return content.text ? fenced('', content.text) : ''
    default: {
      const parts = (content.parts ?? []).map((part) =>
        typeof part === 'string'
          ? part
          : part === null || part.stored_file
            ? ''
            : (part.text ?? nameOf(part)),
      )
      return [...parts, content.text ?? '', content.result ?? '']
        .filter((text) => text !== '')
        .join('\n\n')
    }
  }
}

/** The files of a content that were in the archive. */
export function storedFilesOf({ parts }: ChatGptContent): File[] {
  return (parts ?? []).flatMap((part) =>
    typeof part === 'object' && part?.stored_file ? [part.stored_file] : [],
  )
}

/** The arguments of a call as the model wrote them. */
export function codeOf(content: ChatGptContent): string {
  return content.text ?? textOf(content)
}

/** The model's reasoning, if the file has it. */
export function thoughtsOf(content: ChatGptContent): string {
  return (content.thoughts ?? [])
    .flatMap(({ summary, content: thought }) => [summary ?? '', thought ?? ''])
    .filter((text) => text !== '')
    .join('\n\n')
}

function nameOf(part: Record<string, unknown>): string {
  const type = typeof part.content_type === 'string' ? part.content_type : ''
  return `[${type.replace(/_(asset_)?pointer$/, '').replaceAll('_', ' ') || 'attachment'}]`
}
