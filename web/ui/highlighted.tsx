type Range = { start: number; end: number }

/** A plain text with highlighted ranges, in UTF-16 units; `end` is exclusive. */
export function Highlighted({ text, ranges }: { text: string; ranges: readonly Range[] }) {
  return piecesOf(text, ranges).map(({ start, text: piece, isMarked }) =>
    isMarked ? (
      <mark key={start} className="rounded-[0.2em] bg-accent/20 text-text">
        {piece}
      </mark>
    ) : (
      piece
    ),
  )
}

type Piece = Range & { text: string; isMarked: boolean }

/** Splits a text at the ends of its ranges; the pieces add up to the text for any ranges. */
export function piecesOf(text: string, ranges: readonly Range[]): Piece[] {
  const pieces: Piece[] = []
  let place = 0
  const add = (end: number, isMarked: boolean): void => {
    if (end > place) pieces.push({ start: place, end, text: text.slice(place, end), isMarked })
    place = Math.max(place, end)
  }
  for (const { start, end } of ranges.toSorted((a, b) => a.start - b.start)) {
    add(Math.min(start, text.length), false)
    add(Math.min(end, text.length), true)
  }
  add(text.length, false)
  return pieces
}
