/** The syntax of a language that is highlighted. */
export type CodeLanguage = { keywords: ReadonlySet<string>; comments: RegExp; strings: RegExp }

const slashes = /\/\/.*|\/\*[\s\S]*?(?:\*\/|$)/
const hashes = /#.*/
const dashes = /--.*|\/\*[\s\S]*?(?:\*\/|$)/
const none = /(?!)/
const quotes = /"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?/
const backquotes = new RegExp(`${quotes.source}|\`(?:\\\\[\\s\\S]|[^\`\\\\])*\`?`)
const triples = new RegExp(`"""[\\s\\S]*?(?:"""|$)|'''[\\s\\S]*?(?:'''|$)|${quotes.source}`)
/** An unpaired apostrophe is not a string, for example a lifetime. */
const doubles = /"(?:\\[\s\S]|[^"\\])*"?|'(?:\\.|[^'\\\n])'/

function language(keywords: string, comments: RegExp, strings: RegExp): CodeLanguage {
  return { keywords: new Set(keywords.split(' ')), comments, strings }
}

const script = language(
  'abstract as async await break case catch class const continue debugger declare default delete do else enum export extends false finally for from function get if implements import in infer instanceof interface keyof let namespace new null of private protected public readonly return satisfies set static super switch this throw true try type typeof undefined using var void while yield',
  slashes,
  backquotes,
)
const c = language(
  'alignas auto bool break case catch char class const constexpr continue default delete do double else enum explicit extern false final float for friend goto if inline int long namespace new noexcept nullptr operator override private protected public return short signed sizeof static struct switch template this throw true try typedef typename union unsigned using virtual void volatile while include define ifdef ifndef endif pragma',
  slashes,
  quotes,
)
const java = language(
  'abstract as async await base bool boolean break byte case catch char class const continue data decimal default do double else enum event extends false final finally float for foreach fun get if implements import in init int interface internal is let long namespace native new null object open out override package private protected public readonly record return sealed set short static string struct super suspend switch synchronized this throw throws trait transient true try type typeof using val var virtual void volatile when where while with yield',
  slashes,
  triples,
)
const go = language(
  'break case chan const continue default defer else fallthrough false for func go goto if import interface iota map nil package range return select struct switch true type var any bool byte error float64 int int64 rune string uint',
  slashes,
  backquotes,
)
const rust = language(
  'as async await break const continue crate dyn else enum extern false fn for if impl in let loop match mod move mut pub ref return self Self static struct super trait true type unsafe use where while bool char f64 i32 i64 str u8 u32 u64 usize',
  slashes,
  doubles,
)
const swift = language(
  'actor as associatedtype async await break case catch class continue default defer deinit do else enum extension fallthrough false fileprivate for func guard if import in init inout internal is let nil open operator override private protocol public repeat return self static struct subscript super switch throw throws true try typealias var where while',
  slashes,
  triples,
)
const python = language(
  'and as assert async await break case class continue def del elif else except False finally for from global if import in is lambda match None nonlocal not or pass raise return self True try while with yield',
  hashes,
  triples,
)
const ruby = language(
  'alias and begin break case class def defined do else elsif end ensure false for if in module next nil not or redo rescue retry return self super then true undef unless until when while yield require',
  hashes,
  quotes,
)
const shell = language(
  'case do done elif else esac export fi for function if in local return select set then until while cd echo exit source sudo',
  /(?<=^|\s)#.*/,
  quotes,
)
const sql = language(
  'add all alter and as asc begin between by case check column commit constraint create cross default delete desc distinct drop else end exists false foreign from full group having if in index inner insert into is join key lateral left like limit not null offset on or order outer over partition primary references returning right rollback select set table then true union unique update using values view when where with',
  dashes,
  quotes,
)
const css = language('important media supports import keyframes layer property', slashes, quotes)
const json = language('true false null', slashes, quotes)
const yaml = language('true false null yes no on off', hashes, quotes)
const markup = language('', /<!--[\s\S]*?(?:-->|$)/, quotes)
const dockerfile = language(
  'FROM RUN CMD LABEL EXPOSE ENV ADD COPY ENTRYPOINT VOLUME USER WORKDIR ARG AS',
  hashes,
  quotes,
)
const lua = language(
  'and break do else elseif end false for function goto if in local nil not or repeat return then true until while',
  /--.*/,
  quotes,
)
const plain = language('', none, none)

const families: [CodeLanguage, string][] = [
  [script, 'javascript js jsx mjs cjs typescript ts tsx'],
  [c, 'c h cpp c++ cc hpp objc arduino'],
  [java, 'java kotlin kt csharp cs scala groovy dart php'],
  [go, 'go golang'],
  [rust, 'rust rs'],
  [swift, 'swift'],
  [python, 'python py python3'],
  [ruby, 'ruby rb elixir'],
  [shell, 'bash sh shell zsh console fish'],
  [sql, 'sql postgres postgresql mysql sqlite plpgsql'],
  [css, 'css scss less'],
  [json, 'json jsonc json5'],
  [yaml, 'yaml yml toml ini env'],
  [markup, 'html xml svg vue svelte'],
  [dockerfile, 'dockerfile docker'],
  [lua, 'lua haskell hs'],
  [plain, 'text txt plaintext'],
]

const byName = new Map(
  families.flatMap(([family, names]) => names.split(' ').map((name) => [name, family] as const)),
)

/** The language that a fence names; null for an unknown one. */
export function codeLanguage(name: string): CodeLanguage | null {
  return byName.get(name.toLowerCase()) ?? null
}

/** Returns true when keywords of this language are case-insensitive. */
export function ignoresCase(code: CodeLanguage): boolean {
  return code === sql
}
