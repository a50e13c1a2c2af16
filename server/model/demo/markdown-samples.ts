import type { MarkdownKind } from './intent.ts'

/** Samples of the requested kinds of Markdown, about the topic if there is one. */
export function markdownSamples(
  wants: MarkdownKind[],
  language: string | null,
  topic: string,
): string {
  return wants.map((kind) => sample(kind, language, topic)).join('\n\n')
}

function sample(kind: MarkdownKind, language: string | null, topic: string): string {
  const about = topic ? ` about ${topic}` : ''
  switch (kind) {
    case 'list':
      return `A short list${about}:\n\n1. **Begin small.** One clear question beats five vague ones.\n2. **Look at what is there.**\n   - figures first,\n   - opinions after.\n3. **Decide, then check.** A result that nobody verifies is a guess.\n\n- [x] asked\n- [x] answered\n- [ ] verified`
    case 'table':
      return `A table${about}:\n\n| Step | Who | Takes |\n| :--- | :---: | ---: |\n| Ask | you | 5 s |\n| Think | the model | 2 s |\n| Look something up | a tool | 1 s |\n| Answer | the model | 8 s |`
    case 'math':
      return `The quadratic formula, for $ax^2 + bx + c = 0$ with $a \\neq 0$:\n\n$$\nx = \\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a}\n$$\n\nAnd a sum that every exam likes: $\\sum_{k=1}^{n} k = \\frac{n(n+1)}{2}$.`
    case 'diagram':
      return 'A diagram of how an answer comes about:\n\n```mermaid\nflowchart LR\n  You -->|message| Server\n  Server -->|conversation| Model\n  Model -->|call| Tool\n  Tool -->|result| Model\n  Model -->|answer| You\n```'
    case 'quote':
      return '> Programs must be written for people to read, and only incidentally for machines to execute.\n>\n> — Abelson and Sussman'
    case 'code':
      return code(language)
  }
}

function code(language: string | null): string {
  const name = language === 'shell' ? 'bash' : (language ?? 'typescript')
  const [title, text] = CODE[name] ?? CODE.typescript ?? ['', '']
  const shown = CODE[name] ? name : 'typescript'
  return `${title}\n\n\`\`\`${shown}\n${text}\n\`\`\``
}

const CODE: Record<string, [title: string, text: string]> = {
  typescript: [
    'A small function in TypeScript, one of the few that I know by heart:',
    "/** Groups values by what `key` says of them. */\nexport function groupBy<Value, Key>(values: Value[], key: (value: Value) => Key): Map<Key, Value[]> {\n  const groups = new Map<Key, Value[]>()\n  for (const value of values) {\n    const group = groups.get(key(value)) ?? []\n    groups.set(key(value), [...group, value])\n  }\n  return groups\n}\n\nconsole.log(groupBy(['ant', 'bee', 'cat'], (word) => word.length))",
  ],
  javascript: [
    'A small function in JavaScript, one of the few that I know by heart:',
    'function debounce(run, milliseconds) {\n  let timer\n  return (...values) => {\n    clearTimeout(timer)\n    timer = setTimeout(() => run(...values), milliseconds)\n  }\n}',
  ],
  python: [
    'A small function in Python, one of the few that I know by heart:',
    'def fibonacci(count: int) -> list[int]:\n    """The first Fibonacci numbers."""\n    numbers = [0, 1]\n    while len(numbers) < count:\n        numbers.append(numbers[-1] + numbers[-2])\n    return numbers[:count]\n\n\nprint(fibonacci(10))',
  ],
  rust: [
    'A small program in Rust, one of the few that I know by heart:',
    'fn is_prime(number: u64) -> bool {\n    number > 1 && (2..).take_while(|d| d * d <= number).all(|d| number % d != 0)\n}\n\nfn main() {\n    let primes: Vec<u64> = (1..50).filter(|&n| is_prime(n)).collect();\n    println!("{primes:?}");\n}',
  ],
  go: [
    'A small program in Go, one of the few that I know by heart:',
    'package main\n\nimport "fmt"\n\nfunc main() {\n\tcounts := map[rune]int{}\n\tfor _, letter := range "mississippi" {\n\t\tcounts[letter]++\n\t}\n\tfmt.Println(counts)\n}',
  ],
  java: [
    'A small record in Java, one of the few that I know by heart:',
    'public record Point(double x, double y) {\n    double distanceTo(Point other) {\n        return Math.hypot(x - other.x, y - other.y);\n    }\n}',
  ],
  sql: [
    'A query, one of the few that I know by heart:',
    "select customer_id, count(*) as orders, sum(total) as spent\nfrom orders\nwhere created_at >= now() - interval '30 days'\ngroup by customer_id\norder by spent desc\nlimit 10;",
  ],
  bash: [
    'A small script, one of the few that I know by heart:',
    '#!/usr/bin/env bash\nset -euo pipefail\n\nfor file in *.log; do\n  printf \'%8d %s\\n\' "$(wc -l < "$file")" "$file"\ndone | sort -rn',
  ],
  html: [
    'A small page, one of the few that I know by heart:',
    '<!doctype html>\n<html lang="en">\n  <title>Hello</title>\n  <main>\n    <h1>Hello</h1>\n    <p>It works.</p>\n  </main>\n</html>',
  ],
  css: [
    'A layout, one of the few that I know by heart:',
    '.cards {\n  display: grid;\n  grid-template-columns: repeat(auto-fill, minmax(16rem, 1fr));\n  gap: 1rem;\n}',
  ],
  json: [
    'An example, one of the few that I know by heart:',
    '{\n  "name": "demo",\n  "streams": true,\n  "tools": ["get_system_metrics", "fetch_user_profile"]\n}',
  ],
  ruby: [
    'A small script in Ruby, one of the few that I know by heart:',
    'words = %w[apple pear fig]\nputs words.sort_by(&:length).map(&:capitalize).join(", ")',
  ],
  'c++': [
    'A small program in C++, one of the few that I know by heart:',
    "#include <algorithm>\n#include <iostream>\n#include <vector>\n\nint main() {\n  std::vector<int> numbers{5, 2, 8, 1};\n  std::ranges::sort(numbers);\n  for (int number : numbers) std::cout << number << '\\n';\n}",
  ],
}
