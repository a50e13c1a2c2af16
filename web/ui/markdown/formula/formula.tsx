import { memo, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { useLanguage } from '../../../language/language.ts'
import { t } from '../../../language/t.ts'
import { formulaProgram, useFormulaProgram } from './formula-program.ts'

/** A formula; as source text until it can be drawn, and when it is invalid. */
export const FormulaView = memo(function FormulaView(props: {
  text: string
  raw: string
  isDisplay: boolean
}) {
  useLanguage()
  const { text, raw, isDisplay } = props
  const element = useRef<HTMLSpanElement>(null)
  const program = useFormulaProgram()
  const [drawn, setDrawn] = useState<{ problem: string | null } | null>(null)

  useEffect(() => formulaProgram.load(), [])
  useLayoutEffect(() => {
    if (typeof program !== 'function' || !element.current) return
    setDrawn({ problem: program(element.current, text, isDisplay) })
  }, [program, text, isDisplay])

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
