import type { Options } from './options.ts'
export async function benchMemory(_options: Options): Promise<unknown> {
  return null
}
