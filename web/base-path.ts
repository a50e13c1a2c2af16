/** The server's path on its host: empty at the root, else for example `/chat`. The server writes it into the page. */
export const basePath: string =
  typeof document === 'undefined'
    ? ''
    : (document.querySelector('meta[name="base-path"]')?.getAttribute('content') ?? '')
