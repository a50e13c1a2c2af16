import { parentPort } from 'node:worker_threads'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'

/** The thread that `token-counter.ts` starts: it gets texts, and returns the number of tokens of each. */
parentPort?.on('message', ({ id, texts }: { id: number; texts: string[] }) => {
  parentPort?.postMessage({ id, counts: texts.map(count) })
})

/** Long texts are counted in slices, because a single word of many thousand letters takes quadratic time. */
function count(text: string): number {
  let tokens = 0
  for (let at = 0; at < text.length; at += SLICE) {
    tokens += countTokens(text.slice(at, at + SLICE), { disallowedSpecial: new Set() })
  }
  return tokens
}

const SLICE = 2_000
