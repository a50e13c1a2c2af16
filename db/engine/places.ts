/** For each of so many items whether its place is among the rows of a statement that was given all of them. */
export function arePlaced(count: number, rows: readonly { place: number }[]): boolean[] {
  const places = new Set(rows.map(({ place }) => place))
  return Array.from({ length: count }, (_, place) => places.has(place))
}
