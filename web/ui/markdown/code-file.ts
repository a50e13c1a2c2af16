/** Endings of files by the names that fences have for their languages; for most, name and ending are the same. */
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

/** What a block of code is called as a file; the language is whatever stood behind the fence. */
export function fileNameFor(language: string): string {
  const name = language.toLowerCase()
  const ending = endings.get(name) ?? (/^[a-z0-9]{1,10}$/.test(name) ? name : 'txt')
  return `code.${ending}`
}
