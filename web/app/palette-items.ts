export type PaletteItem = {
  id: string
  group: 'Commands' | 'Sessions' | 'In messages'
  text: string
  /** Other words by which it is found. */
  keywords?: string
  ranges?: readonly { start: number; end: number }[]
  run: () => void
}

/** The items that have each of the words typed, anywhere in their text or keywords; all of them when none is. */
export function matching(items: readonly PaletteItem[], typed: string): PaletteItem[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean)
  return items.filter(({ text, keywords = '' }) => {
    const searched = `${text} ${keywords}`.toLowerCase()
    return words.every((word) => searched.includes(word))
  })
}
