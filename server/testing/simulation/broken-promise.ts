/** A promise that did not hold, named by its text. */
export class BrokenPromise extends Error {
  constructor(promise: string, what: string) {
    super(`${promise}: ${what}`)
    this.name = 'BrokenPromise'
  }
}
