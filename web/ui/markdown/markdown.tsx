import { memo, useRef } from 'react'
import { BlockView } from './block.tsx'
import { isHeldBack } from './held-back.ts'
import { closeEmphasis } from './open-emphasis.ts'
import { emptyText, splitText } from './split.ts'
import type { Block } from './split.ts'

/**
 * A text of Markdown as elements; nothing in it can become markup or script.
 *
 * @param props.isGrowing whether more is to come: what would only flash for a moment then waits
 */
export const Markdown = memo(function Markdown(props: { text: string; isGrowing?: boolean }) {
  const { text, isGrowing = false } = props
  // What was split before spares work and never changes the result, so it may be kept across abandoned renders.
  const split = useRef(emptyText)
  split.current = splitText(split.current, text)
  const { blocks } = split.current
  const shown = isGrowing ? beforeTheEnd(blocks) : blocks
  return (
    <div className="markdown">
      {shown.map((block) => (
        <BlockView key={block.key} token={block.token} />
      ))}
    </div>
  )
})

/** The blocks as they show while the last one grows. */
function beforeTheEnd(blocks: readonly Block[]): readonly Block[] {
  const last = blocks.at(-1)
  if (!last) return blocks
  if (isHeldBack(last)) return blocks.slice(0, -1)
  return blocks.with(-1, { ...last, token: closeEmphasis(last.token) })
}
