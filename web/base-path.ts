/** Where the server is on its host: empty at the root, else a path such as `/chat`, which its page says. */
export const basePath: string =
  typeof document === 'undefined'
    ? ''
    : (document.querySelector('meta[name="base-path"]')?.getAttribute('content') ?? '')
