import type { Options } from './options.ts'
export async function benchKill(_options: Options): Promise<unknown> {
  return null
}
