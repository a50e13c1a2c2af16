import { Suspense, lazy } from 'react'
import { FormulaView } from '../formula.tsx'
import { CodeBlock } from './code-block.tsx'
import { loaded } from '../../loaded.ts'

const Diagram = lazy(() => loaded(() => import('../diagram/diagram.tsx')))

/** What a fence holds: a diagram and a formula are drawn once it is closed. */
export function FencedBlock(props: { code: string; language: string; isWhole: boolean }) {
  const { code, language, isWhole } = props
  if (isWhole && (language === 'mermaid' || language === 'mmd')) {
    return (
      <Suspense fallback={<CodeBlock {...props} />}>
        <Diagram source={code} />
      </Suspense>
    )
  }
  if (isWhole && language === 'math') return <FormulaView text={code} raw={code} isDisplay />
  return <CodeBlock {...props} />
}
