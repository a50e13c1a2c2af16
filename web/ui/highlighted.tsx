type Range = { start: number; end: number }

/** A text with some of it marked; nothing in it is markup. The ranges count UTF-16 units, `end` is exclusive. */
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

/** Cuts a text where its marked ranges begin and end; the pieces add up to the text, whatever the ranges are. */
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
