import { ThreadRefusal } from '../../concurrency/threads.ts'

/** A place in the data. */
export type ImportPath = readonly PropertyKey[]

/** The place in JavaScript's notation, such as `data.sessions[0].title`. */
export function namePlace(path: ImportPath): string {
  return path.reduce<string>(
    (place, key) =>
      typeof key === 'number'
        ? `${place}[${key}]`
        : /^[A-Za-z_]\w*$/.test(String(key))
          ? `${place}.${String(key)}`
          : `${place}[${JSON.stringify(String(key))}]`,
    'data',
  )
}

/** The error of invalid data, of which nothing is imported. */
export function invalidImport(path: ImportPath, problem: string): ThreadRefusal {
  return new ThreadRefusal(`${namePlace(path)}: ${problem}`)
}
