import { codeTokens } from './code-tokens.ts'

export type HighlightRequest = { id: number; code: string; language: string }
export type HighlightAnswer = { id: number; tokens: Uint32Array }

addEventListener('message', ({ data }: MessageEvent<HighlightRequest>) => {
  const { id, code, language } = data
  const answer = (tokens: Uint32Array) => postMessage({ id, tokens } satisfies HighlightAnswer)
  codeTokens(code, language).then(answer, () => {
    // Code without colours is readable as well.
    answer(new Uint32Array())
  })
})
