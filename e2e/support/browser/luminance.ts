import type { Locator } from '@playwright/test'

/** Relative luminances, from 0 (black) to 1 (white), as WCAG 2.2 defines them. */
type Luminances = { text: number; background: number }

export function luminancesOf(element: Locator): Promise<Luminances> {
  return element.evaluate(measure)
}

/** The contrast ratio of a text, from 1 to 21 (WCAG 2.2, success criterion 1.4.3). */
export async function contrastOf(element: Locator): Promise<number> {
  const { text, background } = await luminancesOf(element)
  return (Math.max(text, background) + 0.05) / (Math.min(text, background) + 0.05)
}

/** Runs in the page, so it uses nothing from outside. A canvas converts every notation of a colour. */
function measure(element: Element): Luminances {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  if (!canvas) throw new Error('this browser has no canvas')
  canvas.fillStyle = 'white'
  canvas.fillRect(0, 0, 1, 1)
  const luminance = (): number => {
    const [red = 0, green = 0, blue = 0] = [...canvas.getImageData(0, 0, 1, 1).data]
      .slice(0, 3)
      .map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const paint = (colour: string): number => {
    canvas.fillStyle = colour
    canvas.fillRect(0, 0, 1, 1)
    return luminance()
  }
  const ancestors: Element[] = []
  for (let one: Element | null = element; one; one = one.parentElement) ancestors.unshift(one)
  // Translucent backgrounds are blended over each other.
  const backgrounds = ancestors.map((one) => paint(getComputedStyle(one).backgroundColor))
  return { background: backgrounds.at(-1) ?? 1, text: paint(getComputedStyle(element).color) }
}
