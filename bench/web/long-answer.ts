const WORDS =
  'every reader of a long answer wants calm pages where nothing jumps while the line goes on and the words arrive in order'.split(
    ' ',
  )

/**
 * An answer of `count` tokens with everything that answers contain: headings, paragraphs, lists, tables and code blocks
 * long enough to matter. A token is a word, or a sign with its space.
 */
export function longAnswer(tokens: number): string[] {
  const all: string[] = []
  for (let section = 1; all.length < tokens; section += 1) all.push(...sectionOf(section))
  return all.slice(0, tokens)
}

function sectionOf(section: number): string[] {
  const text = [
    `## Part ${section}\n\n`,
    `${words(section, 70)}.\n\n${words(section + 3, 20)} **${words(section, 2)}** \`code${section}\`.\n\n`,
    ...Array.from({ length: 6 }, (_, item) => `- ${words(section + item, 12)}\n`),
    '\n',
    ...(section % 3 === 0 ? table(section) : []),
    ...(section % 3 === 1 ? code(section) : []),
    `${words(section + 5, 60)}.\n\n`,
  ].join('')
  return text.match(/\s*\S+/g)?.concat('\n\n') ?? []
}

function table(section: number): string[] {
  const rows = Array.from(
    { length: 8 },
    (_, row) => `| ${words(section + row, 2)} | ${row * section} | ${words(row, 3)} |\n`,
  )
  return ['| name | figure | remark |\n| --- | ---: | --- |\n', ...rows, '\n']
}

function code(section: number): string[] {
  const lines = Array.from(
    { length: 30 },
    (_, line) => `const value${line} = compute(${line}, 'text ${section}') // ${words(line, 3)}\n`,
  )
  return ['```ts\n', ...lines, '```\n\n']
}

function words(from: number, count: number): string {
  return Array.from({ length: count }, (_, index) => WORDS[(from * 7 + index) % WORDS.length]).join(
    ' ',
  )
}
