import { memo, useRef } from 'react'
import { BlockView } from './block.tsx'
import { emptyText, splitText } from './split.ts'

/** A text of Markdown that may be growing. It is made of elements alone; nothing in it can become markup or script. */
export const Markdown = memo(function Markdown({ text }: { text: string }) {
  // What was split before spares work and never changes the result, so it may be kept across abandoned renders.
  const split = useRef(emptyText)
  split.current = splitText(split.current, text)
  return (
    <div className="markdown">
      {split.current.blocks.map((block) => (
        <BlockView key={block.key} token={block.token} />
      ))}
    </div>
  )
})
