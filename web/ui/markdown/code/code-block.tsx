import { memo, useEffect, useRef, useState } from 'react'
import type { ReactNode } from 'react'
import { isPreviewable } from '../../preview/previews.ts'
import { loaded } from '../../loading/loaded.ts'
import { PreviewButton } from '../../preview/preview-button.tsx'
import { CodeActions } from './code-actions.tsx'
import { t } from '../../../language/t.ts'

const CHUNK_LINES = 24

/**
 * A code block with its language; divided into chunks of lines, so that a long growing block is not rendered as a
 * whole.
 * @param props.isWhole true when its fence is closed: then it is highlighted
 */
export function CodeBlock({
  code,
  language,
  isWhole,
  children,
}: {
  code: string
  language: string
  isWhole: boolean
  /** Further actions. */
  children?: ReactNode
}) {
  const [isWrapped, setWrapped] = useState(false)
  const element = useRef<HTMLElement>(null)
  useEffect(() => {
    if (!isWhole || language === '') return
    const shown = new AbortController()
    void loaded(() => import('./highlight-code.ts')).then(({ highlightCode }) => {
      if (element.current) return highlightCode(element.current, language, shown.signal)
    })
    return () => shown.abort()
  }, [isWhole, language, code])
  return (
    <figure
      dir="ltr"
      className="code-block"
      aria-label={t('Code, {language}', { language: language || t('text') })}
    >
      <figcaption>
        <span>{language || t('text')}</span>
        <CodeActions
          code={code}
          language={language}
          isWrapped={isWrapped}
          onWrap={() => setWrapped(!isWrapped)}
        >
          {children}
          {isWhole && isPreviewable(language, code) && (
            <PreviewButton code={code} language={language} />
          )}
        </CodeActions>
      </figcaption>
      <pre tabIndex={0} data-wrapped={isWrapped || undefined}>
        <code ref={element}>
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

/** Splits after every 24th line; the chunks add up to the text. */
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
