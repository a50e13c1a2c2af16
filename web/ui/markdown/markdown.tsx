import { memo, useEffect, useRef, useState } from 'react'
import { BlockView } from './block.tsx'
import {
  formulaProgram,
  holdsFormula,
  mayHoldFormula,
  useFormulaProgram,
} from './formula/formula-program.ts'
import { isProvisional } from './parsing/hold-back.ts'
import { closeEmphasis } from './parsing/open-emphasis.ts'
import { emptyText, splitText } from './parsing/split.ts'
import type { Block } from './parsing/split.ts'

/** The number of blocks in a section. A change at the end of a long text then costs no work on the sections above. */
const BLOCKS_PER_SECTION = 8

/**
 * Renders Markdown; its content can never become markup or script.
 * @param props.isGrowing true while the text grows: parts that are likely to change in a moment are held back
 */
export const Markdown = memo(function Markdown(props: { text: string; isGrowing?: boolean }) {
  const { text, isGrowing = false } = props
  // The previous split only saves work and never changes the result, so it may be kept across abandoned renders.
  const split = useRef(emptyText)
  const program = useFormulaProgram()
  const mayHold = isGrowing && program === 'none' && mayHoldFormula.test(text)
  useEffect(() => {
    if (mayHold) formulaProgram.load()
  }, [mayHold])
  split.current = splitText(split.current, text)
  const { blocks } = split.current
  const sections = sectionsOf(isGrowing ? withDrawable(beforeTheEnd(blocks), program) : blocks)
  return (
    <div className="markdown">
      {sections.map((section, index) => (
        // While a text grows, its earlier sections are laid out and painted only when they are in view.
        <SectionView
          key={index * BLOCKS_PER_SECTION}
          blocks={section}
          isSettled={isGrowing && index < sections.length - 2}
        />
      ))}
    </div>
  )
})

/**
 * @param props.isSettled true when layout and painting may be skipped out of view. A section that was never rendered,
 * as after a reload in the middle of an answer, is rendered once first: then its height is known, and nothing moves.
 */
const SectionView = memo(
  function SectionView({ blocks, isSettled }: { blocks: readonly Block[]; isSettled: boolean }) {
    const [isDrawn, setDrawn] = useState(false)
    useEffect(() => {
      if (!isSettled || isDrawn) return
      // The first frame renders it; the second comes after that.
      let frame = requestAnimationFrame(() => {
        frame = requestAnimationFrame(() => setDrawn(true))
      })
      return () => cancelAnimationFrame(frame)
    }, [isSettled, isDrawn])
    return (
      <div className={isSettled && isDrawn ? 'section section-settled' : 'section'}>
        {blocks.map((block) => (
          <BlockView key={block.key} token={block.token} />
        ))}
      </div>
    )
  },
  (a, b) =>
    a.isSettled === b.isSettled &&
    a.blocks.length === b.blocks.length &&
    a.blocks.every((block, index) => block.token === b.blocks[index]?.token),
)

function sectionsOf(blocks: readonly Block[]): Block[][] {
  return Array.from({ length: Math.ceil(blocks.length / BLOCKS_PER_SECTION) }, (_, index) =>
    blocks.slice(index * BLOCKS_PER_SECTION, (index + 1) * BLOCKS_PER_SECTION),
  )
}

/**
 * The blocks up to the first formula while the code for formulas is loading. A formula shown as source text would move
 * everything below when it is drawn.
 */
function withDrawable(
  blocks: readonly Block[],
  program: ReturnType<typeof useFormulaProgram>,
): readonly Block[] {
  if (program !== 'none' && program !== 'loading') return blocks
  const first = blocks.findIndex(({ token }) => holdsFormula(token))
  return first === -1 ? blocks : blocks.slice(0, first)
}

/** The blocks to show while the last one grows. */
function beforeTheEnd(blocks: readonly Block[]): readonly Block[] {
  const last = blocks.at(-1)
  if (!last) return blocks
  if (isProvisional(last.token)) return blocks.slice(0, -1)
  return blocks.with(-1, { ...last, token: closeEmphasis(last.token) })
}
