/** The attributes of rendered Markdown that are kept. */
const KEPT_ATTRIBUTES = new Set(['href', 'dir', 'start', 'style', 'title'])

/** Rendered Markdown as HTML for other programs: without controls, names and styles of this one. */
export function richText(elements: Iterable<Element>): string {
  return [...elements].map((element) => clean(element).innerHTML).join('')
}

function clean(element: Element): Element {
  // Removed elements cannot load or run anything, nor are they ever shown here.
  const copy = element.cloneNode(true) as Element
  for (const control of copy.querySelectorAll('button:not(.footnote-link), figcaption')) {
    control.remove()
  }
  for (const formula of copy.querySelectorAll('.formula')) {
    const source = formula.querySelector('annotation')?.textContent
    if (source) formula.replaceChildren(`$${source}$`)
  }
  for (const picture of copy.querySelectorAll('img')) {
    picture.replaceWith(preformatted(picture.alt))
  }
  for (const box of copy.querySelectorAll('input[type=checkbox]')) {
    box.replaceWith(box.hasAttribute('checked') ? '☑ ' : '☐ ')
  }
  for (const child of copy.querySelectorAll('*')) {
    for (const { name } of [...child.attributes]) {
      if (!KEPT_ATTRIBUTES.has(name)) child.removeAttribute(name)
    }
  }
  // Boxes that only this page needs.
  for (const box of [...copy.querySelectorAll('div, figure, span, button')]) {
    if (box.localName !== 'span' || box.attributes.length === 0) box.replaceWith(...box.childNodes)
  }
  return copy
}

function preformatted(text: string): Element {
  const pre = document.createElement('pre')
  pre.textContent = text
  return pre
}
