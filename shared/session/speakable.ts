/** The longest text of one request to a speech service, in UTF-16 units; OpenAI's limit is 4,096. */
const MOST = 3_500

/** The text of an answer that is read aloud, in Markdown. The offsets of reading count in it. */
export function spokenText(parts: readonly { type: string; text?: string }[]): string {
  return parts.map(({ type, text }) => (type === 'text' ? (text ?? '') : '')).join('\n\n')
}

/** The words of Markdown without its marks: code is announced and not read, and of a link its text is read. */
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

/** Cuts a text at ends of sentences or lines. The first piece is short, so that the voice begins soon. */
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
  // The cut must not be between the halves of a surrogate pair.
  return part.isWellFormed() ? most : most - 1
}
