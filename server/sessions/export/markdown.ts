/**
 * Puts foreign text into Markdown. It must not leave its place: end a quote or a code block, bring HTML, or define the
 * target of links elsewhere. The rules are CommonMark's (0.31).
 */

const LINE_ENDING = /\r\n|\n|\r/

/** The text as one line, without any formatting effect. */
export function inline(text: string): string {
  return (
    text
      .replaceAll(/\s+/g, ' ')
      .trim()
      // Inside an HTML block, such as a summary, Markdown's escapes are shown, so entities are used.
      .replaceAll(/[&<>"\\`*_{}[\]()#+!|~]/g, (char) => `&#${char.charCodeAt(0)};`)
  )
}

/** The text as a code block, with a fence that is longer than any fence in it. */
export function fenced(language: string, text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length))
  const fence = '`'.repeat(Math.max(3, longest + 1))
  return `${fence}${language}\n${text}\n${fence}`
}

/**
 * Markdown as a quote: each line begins with the quote's mark, and everything that could leave the quote is escaped,
 * except in code blocks, where it is harmless and escapes would be shown.
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
    // Only a fence at the margin counts: an indented one may belong to a list, and end with it.
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
 * HTML and link definitions as text; what a backslash escapes already stays. A run of backslashes is matched from its
 * first one only: from each of them, a line of nothing else would take quadratic time.
 */
function escaped(line: string): string {
  return line
    .replaceAll(/(?<!\\)(\\*)<(?=[a-z/!?])/gi, (all, before: string) => escape(all, before))
    .replaceAll(/\](\\*):/g, (all, before: string) => escape(all, before))
}

function escape(found: string, backslashes: string): string {
  return backslashes.length % 2 === 0 ? `${found.slice(0, -1)}\\${found.slice(-1)}` : found
}
