import { memo } from 'react'
import { CopyButton } from '../copy-button.tsx'

const CHUNK_LINES = 24

/** Code with its language; cut into chunks of lines, so that a long block that still grows is not drawn as a whole. */
export function CodeBlock({ code, language }: { code: string; language: string }) {
  return (
    <figure className="code-block" aria-label={`Code, ${language || 'text'}`}>
      <figcaption>
        <span>{language || 'text'}</span>
        <CopyButton label="Copy code" text={code} />
      </figcaption>
      <pre tabIndex={0}>
        <code>
          {chunksOfLines(code).map((chunk, index) => (
            <CodeChunk key={index} text={chunk} />
          ))}
        </code>
      </pre>
    </figure>
  )
}

const CodeChunk = memo(function CodeChunk({ text }: { text: string }) {
  return <span>{text}</span>
})

/** Cuts after every 24th line; the chunks add up to the text. */
export function chunksOfLines(text: string): string[] {
  const chunks: string[] = []
  let start = 0
  let lines = 0
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', end + 1)) {
    lines += 1
    if (lines % CHUNK_LINES === 0) {
      chunks.push(text.slice(start, end + 1))
      start = end + 1
    }
  }
  if (start < text.length) chunks.push(text.slice(start))
  return chunks
}
