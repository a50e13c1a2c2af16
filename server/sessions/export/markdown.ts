/**
 * Text of others inside Markdown of ours. What it may not do is leave its place: end a quote or a code block, bring
 * HTML, or define what a link elsewhere means. The rules are CommonMark's (0.31).
 */

const LINE_ENDING = /\r\n|\n|\r/

/** The text as one line that says what it says and formats nothing. */
export function inline(text: string): string {
  return (
    text
      .replaceAll(/\s+/g, ' ')
      .trim()
      // Inside an HTML block, as a summary is, Markdown's escapes are shown, and only entities help.
      .replaceAll(/[&<>"\\`*_{}[\]()#+!|~]/g, (char) => `&#${char.charCodeAt(0)};`)
  )
}

/** The text as a code block: the fence is longer than any in it. */
export function fenced(language: string, text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length))
  const fence = '`'.repeat(Math.max(3, longest + 1))
  return `${fence}${language}\n${text}\n${fence}`
}

/**
 * The text, which is Markdown itself, as a quote: each line of it begins with the quote's mark, and what could reach
 * beyond is escaped, but for the code blocks, where it is harmless and would be shown with its escapes.
 */
export function quoted(text: string): string {
  let fence: string | null = null
  const lines = text.split(LINE_ENDING).map((line) => {
    if (fence !== null) {
      if (closes(line, fence)) {
        fence = null
      }
      return line
    }
    // At the margin alone: an indented one may belong to a list, and end with it.
    fence = /^(`{3,}(?=[^`]*$)|~{3,})/.exec(line)?.[1] ?? null
    return fence === null ? escaped(line) : line
  })
  return lines.map((line) => (line === '' ? '>' : `> ${line}`)).join('\n')
}

function closes(line: string, fence: string): boolean {
  const end = /^ {0,3}(`+|~+)[ \t]*$/.exec(line)?.[1]
  return end !== undefined && end.startsWith(fence)
}

/**
 * HTML and link definitions as text; what a backslash escapes already stays as it is. A run of backslashes is looked at
 * from its first alone: from each of them, a line of nothing else would take time that grows with its square.
 */
function escaped(line: string): string {
  return line
    .replaceAll(/(?<!\\)(\\*)<(?=[a-z/!?])/gi, (all, before: string) => escape(all, before))
    .replaceAll(/\](\\*):/g, (all, before: string) => escape(all, before))
}

function escape(found: string, backslashes: string): string {
  return backslashes.length % 2 === 0 ? `${found.slice(0, -1)}\\${found.slice(-1)}` : found
}
