import { convert } from 'html-to-text'
import { answerFromThread } from '../../concurrency/thread-work.ts'
import type { HtmlTask } from './html-text.ts'

/** The thread in which `html-text.ts` parses pages. */
answerFromThread(({ html, url }: HtmlTask) =>
  convert(html, {
    wordwrap: false,
    limits: { maxInputLength: 1024 * 1024, maxDepth: 200, maxChildNodes: 10_000 },
    selectors: [
      { selector: 'a', options: { baseUrl: url, hideLinkHrefIfSameAsText: true } },
      { selector: 'img', format: 'skip' },
      { selector: 'svg', format: 'skip' },
    ],
  }),
)
