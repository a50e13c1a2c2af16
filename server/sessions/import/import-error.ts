import { ThreadRefusal } from '../../concurrency/threads.ts'

/** Where in the data something stands. */
export type ImportPath = readonly PropertyKey[]

/** The place as JavaScript would name it, such as `data.sessions[0].title`. */
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

/** Nothing is imported of data that is wrong anywhere. */
export function invalidImport(path: ImportPath, problem: string): ThreadRefusal {
  return new ThreadRefusal(`${namePlace(path)}: ${problem}`)
}
