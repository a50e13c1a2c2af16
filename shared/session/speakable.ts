/** What a speech service takes at once, in UTF-16 units; OpenAI's is 4,096. */
const MOST = 3_500

/** The text of an answer that is read aloud, in Markdown; offsets for reading count in it. */
export function spokenText(parts: readonly { type: string; text?: string }[]): string {
  return parts.map(({ type, text }) => (type === 'text' ? (text ?? '') : '')).join('\n\n')
}

/** The words of an answer in Markdown, without its marks: code is named and not read, of links the text is read. */
export function speakable(markdown: string): string {
  return markdown
    .replaceAll(/^(```|~~~)[^\n]*\n[\s\S]*?(^\1[^\n]*$|$(?![\s\S]))/gm, '(code)')
    .replaceAll(/`([^`\n]*)`/g, '$1')
    .replaceAll(/!?\[([^\]\n]*)\]\([^)\n]*\)/g, '$1')
    .replaceAll(/^[ \t:|-]+$/gm, '')
    .replaceAll('|', ', ')
    .replaceAll(/^[ \t]{0,3}(#{1,6}|>|[-*+])[ \t]+/gm, '')
    .replaceAll(/(\*\*|__|~~)(.+?)\1/g, '$2')
    .replaceAll(/(?<![\w*])[*_](?!\s)([^*_\n]+)(?<!\s)[*_](?![\w*])/g, '$1')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()
}

/** Cuts a text where sentences or lines end, the first piece early, so that the voice begins soon. */
export function inPieces(text: string): string[] {
  const pieces: string[] = []
  let rest = text
  while (rest !== '') {
    const most = pieces.length === 0 ? Math.min(MOST, 400) : MOST
    const end = rest.length <= most ? rest.length : cutAt(rest, most)
    pieces.push(rest.slice(0, end).trim())
    rest = rest.slice(end).trimStart()
  }
  return pieces.filter((piece) => piece !== '')
}

function cutAt(text: string, most: number): number {
  const part = text.slice(0, most)
  for (const end of [
    /[.!?…。！？][)"'”’]*\s(?!.*[.!?…。！？][)"'”’]*\s)/s,
    /\n(?!.*\n)/s,
    /\s(?!.*\s)/s,
  ]) {
    const found = end.exec(part)
    if (found && found.index > 0) return found.index + found[0].length
  }
  // In no word of a language with spaces: but never between the halves of a character.
  return part.isWellFormed() ? most : most - 1
}
