import 'katex/dist/katex.min.css'
import { t } from '../../../language/t.ts'
// Makes a copied formula its TeX source.
import 'katex/contrib/copy-tex'
import katex from 'katex'

/**
 * Draws a formula into an element, with MathML for screen readers.
 *
 * @returns the error in it, or null
 */
export function drawFormula(element: HTMLElement, text: string, isDisplay: boolean): string | null {
  try {
    katex.render(text, element, {
      displayMode: isDisplay,
      throwOnError: true,
      // Formulas must not bring links, pictures or styles.
      trust: false,
      strict: 'ignore',
      maxSize: 20,
      maxExpand: 500,
    })
    return null
  } catch (error) {
    element.replaceChildren()
    return error instanceof Error ? error.message : t('This is no formula.')
  }
}
