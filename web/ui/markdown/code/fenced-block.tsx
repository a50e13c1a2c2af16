import { FormulaView } from '../formula/formula.tsx'
import { CodeBlock } from './code-block.tsx'
import { lazyPart } from '../../loading/lazy-part.tsx'

const Diagram = lazyPart(() => import('../diagram/diagram.tsx'))

/** A fenced block. Diagrams and formulas are drawn once the fence is closed; a diagram replaces its source. */
export function FencedBlock(props: { code: string; language: string; isWhole: boolean }) {
  const { code, language, isWhole } = props
  if (language === 'mermaid' || language === 'mmd') {
    return (
      <div className="diagram-frame">
        <Diagram fallback={<CodeBlock {...props} />} source={code} isWhole={isWhole} />
      </div>
    )
  }
  if (isWhole && language === 'math') return <FormulaView text={code} raw={code} isDisplay />
  return <CodeBlock {...props} />
}
