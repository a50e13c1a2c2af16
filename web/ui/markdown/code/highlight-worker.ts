import { codeTokens } from './code-tokens.ts'

export type HighlightRequest = { id: number; code: string; language: string }
export type HighlightAnswer = { id: number; tokens: Uint32Array }

addEventListener('message', ({ data }: MessageEvent<HighlightRequest>) => {
  const { id, code, language } = data
  codeTokens(code, language)
    // Code without colours is readable as well.
    .catch(() => new Uint32Array())
    .then((tokens) => postMessage({ id, tokens } satisfies HighlightAnswer))
})
