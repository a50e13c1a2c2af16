import { memo, useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { drawFormula } from './draw-formula.ts'
import { useLanguage } from '../../language/language.ts'
import { t } from '../../language/t.ts'

/** Known once the first formula has been seen: from then on formulas are drawn at once. */
let draw: typeof drawFormula | null = null

/** A formula; as it was written until it can be drawn, and where it is none. */
export const FormulaView = memo(function FormulaView(props: {
  text: string
  raw: string
  isDisplay: boolean
}) {
  useLanguage()
  const { text, raw, isDisplay } = props
  const element = useRef<HTMLSpanElement>(null)
  const [canDraw, setCanDraw] = useState(draw !== null)
  const [drawn, setDrawn] = useState<{ problem: string | null } | null>(null)

  useEffect(() => {
    if (canDraw) return
    let isGone = false
    import('./draw-formula.ts')
      .then(({ drawFormula }) => {
        draw = drawFormula
        if (!isGone) setCanDraw(true)
      })
      // Without its program, as offline, a formula stays as it was written.
      .catch(() => undefined)
    return () => {
      isGone = true
    }
  }, [canDraw])

  useLayoutEffect(() => {
    if (!canDraw || !draw || !element.current) return
    setDrawn({ problem: draw(element.current, text, isDisplay) })
  }, [canDraw, text, isDisplay])

  const isWritten = drawn === null || drawn.problem !== null
  return (
    <span
      dir="ltr"
      className={isDisplay ? 'formula formula-display' : 'formula'}
      tabIndex={isDisplay ? 0 : undefined}
      role={isDisplay ? 'group' : undefined}
      aria-label={isDisplay ? t('Formula') : undefined}
      title={drawn?.problem ?? undefined}
    >
      {isWritten && raw.trim()}
      <span ref={element} hidden={isWritten} />
    </span>
  )
})
