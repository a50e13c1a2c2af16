import type { ChatGptMessage } from './chatgpt-file.ts'

/** ChatGPT's marks: private-use characters around a reference, and lenticular brackets in older files. */
const mark = /\ue200[^\ue200\ue201]*\ue201|【[^【】\n]{0,200}†[^【】\n]{0,200}】/g
const leftOver = /[\ue200-\ue206]/g

/**
 * A text of ChatGPT with its citation marks replaced by links. A mark without a target in the file is removed, and the
 * sentence around it stays.
 */
export function withCitations(text: string, metadata: ChatGptMessage['metadata']): string {
  if (!/[\ue200-\ue206【]/.test(text)) {
    return text
  }
  const byMark = new Map<string, string>()
  for (const reference of metadata?.content_references ?? []) {
    const links = (reference.items ?? []).map(({ title, url }) => link(title, url))
    const own = link(reference.title, reference.url)
    const words = [...links, own].filter((one) => one !== '').join(' ')
    if (reference.matched_text && words !== '') {
      byMark.set(reference.matched_text, words)
    }
  }
  for (const { start_ix: start, end_ix: end, metadata: source } of metadata?.citations ?? []) {
    const words = link(source?.title, source?.url)
    if (typeof start === 'number' && typeof end === 'number' && words !== '') {
      byMark.set(text.slice(start, end), words)
    }
  }
  const linked = text.replaceAll(mark, (found) => byMark.get(found) ?? nameIn(found))
  return linked.replaceAll(leftOver, '')
}

/** The name in the mark of a thing: `entity`, a separator, `["team","Spain"]`. */
function nameIn(found: string): string {
  const [, list] = /^\ue200entity\ue202(\[[^\ue201]*\])\ue201$/.exec(found) ?? []
  if (list === undefined) {
    return ''
  }
  try {
    const parsed: unknown = JSON.parse(list)
    const name: unknown = Array.isArray(parsed) ? parsed[1] : null
    return typeof name === 'string' ? name : ''
  } catch {
    return ''
  }
}

function link(title: string | null | undefined, url: string | null | undefined): string {
  if (!url || !/^https?:\/\/[^\s<>()]+$/.test(url)) {
    return ''
  }
  // An invalid address, for example with the port 99999, is not made a link.
  const hostname = URL.parse(url)?.hostname
  if (hostname === undefined) return ''
  const words = (title ?? '').replaceAll(/[[\]\\\s]+/g, ' ').trim() || hostname
  return `([${words}](${url}))`
}
