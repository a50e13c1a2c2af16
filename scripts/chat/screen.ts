import type { Interface } from 'node:readline'
import { stripVTControlCharacters, styleText } from 'node:util'
import type { Paper } from './transcript.ts'

type Style = Parameters<typeof styleText>[0]

/** A terminal that shows output while a person types; a pipe gets the same output without prompt and colours. */
export class Screen implements Paper {
  readonly #readline: Interface
  readonly #output: NodeJS.WriteStream
  #atLineStart = true
  #hasPrompt = false

  constructor(readline: Interface, output: NodeJS.WriteStream) {
    this.#readline = readline
    this.#output = output
  }

  text(text: string, kind: 'text' | 'reasoning' | 'refusal'): void {
    const clean = printable(text)
    if (clean === '') return
    this.#hidePrompt()
    this.#output.write(kind === 'text' ? clean : this.#styled('dim', clean))
    this.#atLineStart = clean.endsWith('\n')
  }

  note(text: string): void {
    this.#line(this.#styled('dim', printable(text)))
  }

  said(text: string): void {
    this.#line(this.#styled('bold', `> ${printable(text)}`))
  }

  /** Prints a line of the program itself. */
  line(text: string): void {
    this.#line(printable(text))
  }

  endLine(): void {
    if (this.#atLineStart) return
    this.#output.write('\n')
    this.#atLineStart = true
  }

  /** Shows the prompt, unless output is being written. */
  prompt(): void {
    if (!this.#output.isTTY || this.#hasPrompt || !this.#atLineStart) return
    this.#hasPrompt = true
    this.#readline.prompt(true)
  }

  /** Records that the user has ended a line. */
  entered(): void {
    this.#hasPrompt = false
    this.#atLineStart = true
  }

  #line(text: string): void {
    this.#hidePrompt()
    this.endLine()
    this.#output.write(`${text}\n`)
  }

  #hidePrompt(): void {
    if (!this.#hasPrompt) return
    this.#hasPrompt = false
    this.#output.write('\r\u001b[2K')
  }

  #styled(style: Style, text: string): string {
    return this.#output.isTTY ? styleText(style, text, { stream: this.#output }) : text
  }
}

/** Removes control characters: text from the network must not control the terminal. */
function printable(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/(?![\n\t])\p{Cc}/gu, '')
}
