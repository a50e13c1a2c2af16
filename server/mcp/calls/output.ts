import { z } from 'zod'
import type { McpContent, McpOutput } from '../../../shared/contract/mcp-output.ts'
import type { FileId } from '../../../shared/contract/ids.ts'
import { isNestedTooDeeply } from '../../../shared/contract/storable.ts'
import type { BroughtFile } from '../../tools/tool.ts'
import type { CallResult } from './call-result.ts'
import { fileNameOf } from './file-names.ts'
import { cleanText } from '../protocol/clean-text.ts'

/** Limits of one stored result: text and data in UTF-16 units, and the number of content blocks. */
const MAX_TEXT_LENGTH = 256 * 1024
const MAX_BLOCKS = 200
/** The limit of the whole result in bytes of JSON: an event carries it in one frame, which is limited to 1 MiB. */
const MAX_BYTES = 1_000_000
export const MAX_OUTPUT_LENGTH = MAX_BYTES + 30_000

const Text = z.object({ type: z.literal('text'), text: z.string() })
const Media = z.object({
  type: z.enum(['image', 'audio']),
  data: z.base64(),
  mimeType: z.string(),
})
const Link = z.object({
  type: z.literal('resource_link'),
  uri: z.string(),
  name: z.string(),
  description: z.string().optional().catch(undefined),
})
const Embedded = z.object({
  type: z.literal('resource'),
  resource: z.union([
    z.object({ uri: z.string(), text: z.string() }),
    z.object({ uri: z.string(), blob: z.base64(), mimeType: z.string().default('') }),
  ]),
})

/**
 * Converts the result of a tool to the stored form: bounded, and with content blocks that can be shown.
 *
 * @param attach stores bytes as files, because an output contains only text
 */
export function toOutput(
  { content, structuredContent }: CallResult,
  attach: (file: BroughtFile) => FileId,
): McpOutput {
  const keeper = new Keeper(attach)
  for (const piece of content.slice(0, MAX_BLOCKS)) keeper.add(piece)
  if (content.length > MAX_BLOCKS) {
    keeper.note(`${content.length - MAX_BLOCKS} more pieces were left out.`)
  }
  const data = structuredContent === undefined ? undefined : keeper.data(structuredContent)
  return {
    content: keeper.content,
    ...(data !== undefined && { structuredContent: data }),
    ...(keeper.notes.length > 0 && { notes: keeper.notes }),
  }
}

/** The reason why a tool failed, from the text of its result. */
export function failureText(result: CallResult): string {
  const { content } = toOutput({ ...result, content: result.content.filter(isText) }, never)
  const texts = content.flatMap((piece) => (piece.type === 'text' ? [piece.text] : []))
  return texts.join('\n') || 'The tool failed and gave no reason.'
}

function isText(piece: unknown): boolean {
  return Text.safeParse(piece).success
}

function never(): never {
  throw new Error('a text brought a file')
}

class Keeper {
  readonly #attach: (file: BroughtFile) => FileId
  readonly content: McpContent[] = []
  readonly notes: string[] = []
  #text = MAX_TEXT_LENGTH
  #bytes = MAX_BYTES

  constructor(attach: (file: BroughtFile) => FileId) {
    this.#attach = attach
  }

  add(piece: unknown): void {
    const text = Text.safeParse(piece)
    if (text.success) return this.#addText(text.data.text)
    const media = Media.safeParse(piece)
    if (media.success) return this.#addFile(media.data.data, { ...media.data, uri: null })
    const link = Link.safeParse(piece)
    if (link.success) return this.#addLink(link.data)
    const embedded = Embedded.safeParse(piece)
    if (!embedded.success) return this.note(`A piece was left out: ${kindOf(piece)}.`)
    const { resource } = embedded.data
    return 'text' in resource
      ? this.#addText(resource.text)
      : this.#addFile(resource.blob, resource)
  }

  data(value: unknown): unknown {
    if (isNestedTooDeeply(value)) {
      this.note('The structured answer was nested too deeply and was left out.')
      return undefined
    }
    const text = JSON.stringify(value)
    if (text.length > this.#text || Buffer.byteLength(text) > this.#bytes) {
      this.note('The structured answer was too long and was left out.')
      return undefined
    }
    this.#text -= text.length
    this.#bytes -= Buffer.byteLength(text)
    return cleanJson(value)
  }

  note(note: string): void {
    if (!this.notes.includes(note)) this.notes.push(note)
  }

  #addText(text: string): void {
    const whole = text.slice(0, this.#text)
    // In the worst case, each character becomes an escape of six bytes.
    const fits = Buffer.byteLength(JSON.stringify(whole)) <= this.#bytes
    const kept = fits ? whole : whole.slice(0, Math.floor(this.#bytes / 6))
    this.#bytes -= Buffer.byteLength(JSON.stringify(kept))
    if (kept.length < text.length) {
      this.note(
        fits
          ? `The text was cut to ${MAX_TEXT_LENGTH / 1024} KiB.`
          : 'The text was cut: an answer may have a megabyte in all.',
      )
    }
    this.#text -= kept.length
    if (kept !== '' || text === '') this.content.push({ type: 'text', text: cleanText(kept) })
  }

  #addFile(base64: string, { mimeType, uri }: { mimeType: string; uri: string | null }): void {
    const data = Buffer.from(base64, 'base64')
    if (data.length === 0) return this.note('An empty file was left out.')
    const type = mimeType === '' ? null : shown(mimeType)
    const name = fileNameOf({ uri, mimeType: type })
    this.content.push({ type: 'file', id: this.#attach({ name, mimeType: type, data }) })
  }

  #addLink(link: z.infer<typeof Link>): void {
    const { uri, name, description } = link
    if (uri.length + name.length + (description?.length ?? 0) > Math.min(this.#text, 10_000)) {
      return this.note('A link was too long and was left out.')
    }
    this.#text -= uri.length + name.length + (description?.length ?? 0)
    this.content.push({
      type: 'link',
      uri: cleanText(uri),
      name: cleanText(name),
      ...(description !== undefined && { description: cleanText(description) }),
    })
  }
}

function kindOf(piece: unknown): string {
  const { type } = z.object({ type: z.string() }).catch({ type: 'unknown' }).parse(piece)
  return shown(type)
}

function shown(text: string): string {
  return cleanText(text).slice(0, 60)
}

/** The same JSON value with all its texts storable. */
function cleanJson(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value)
  if (Array.isArray(value)) return value.map(cleanJson)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [cleanText(key), cleanJson(one)]),
  )
}
