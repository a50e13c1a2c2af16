export type PaletteItem = {
  id: string
  /** The heading of its group. */
  group: string
  text: string
  /** Further search words. */
  keywords?: string
  /** Shown below the text, such as the session of a message. */
  detail?: string
  ranges?: readonly { start: number; end: number }[]
  run: () => void
}

/** The items that contain all typed words in their text or keywords; without words, all items. */
export function matching(items: readonly PaletteItem[], typed: string): PaletteItem[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean)
  return items.filter(({ text, keywords = '' }) => {
    const searched = `${text} ${keywords}`.toLowerCase()
    return words.every((word) => searched.includes(word))
  })
}
