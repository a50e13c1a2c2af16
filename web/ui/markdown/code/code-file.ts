/** File extensions by the names of languages in fences; most languages are named by their extension. */
const endings = new Map(
  Object.entries({
    bash: 'sh',
    'c++': 'cpp',
    csharp: 'cs',
    dockerfile: 'Dockerfile',
    golang: 'go',
    haskell: 'hs',
    javascript: 'js',
    kotlin: 'kt',
    markdown: 'md',
    perl: 'pl',
    plaintext: 'txt',
    powershell: 'ps1',
    python: 'py',
    ruby: 'rb',
    rust: 'rs',
    shell: 'sh',
    text: 'txt',
    typescript: 'ts',
    zsh: 'sh',
  }),
)

/** The file name of a code block; the language may be any text after the fence. */
export function fileNameFor(language: string): string {
  const name = language.toLowerCase()
  const ending = endings.get(name) ?? (/^[a-z0-9]{1,10}$/.test(name) ? name : 'txt')
  return `code.${ending}`
}
