/**
 * A text of about so many words on a topic, in paragraphs and sections; the same topic and length give the same text.
 */
export function longText(topic: string, words: number): string {
  const next = sequence(`${topic} ${words}`)
  const subject = topic.length > 80 ? `${topic.slice(0, 80)}…` : topic
  const pieces: string[] = []
  let left = words
  for (let paragraph = 0; left > 0; paragraph += 1) {
    if (words > 300 && paragraph % 4 === 0) {
      const heading = HEADINGS[(paragraph / 4) % HEADINGS.length] ?? ''
      const round = Math.floor(paragraph / 4 / HEADINGS.length)
      pieces.push(`## ${heading}${round > 0 ? ` (${round + 1})` : ''}`)
    }
    const text: string[] = []
    const length = Math.min(left, 60 + next(50))
    let written = 0
    while (written < length) {
      const sentence = makeSentence(subject, next).split(' ')
      const taken = sentence.slice(0, left - written)
      text.push(
        taken.length < sentence.length
          ? `${taken.join(' ').replace(/[.,]$/, '')}.`
          : taken.join(' '),
      )
      written += taken.length
    }
    left -= written
    pieces.push(text.join(' '))
  }
  return pieces.join('\n\n')
}

const HEADINGS = [
  'Where it begins',
  'What it is made of',
  'How it works in practice',
  'What can go wrong',
  'What others have found',
  'Where it leads',
]
const OPENINGS = [
  'At first sight',
  'In practice',
  'Looked at closely',
  'Over time',
  'For most people',
  'On a quiet day',
  'When things go well',
  'When things go wrong',
  'Seen from outside',
  'More often than not',
]
const SUBJECTS = [
  'the smallest part',
  'a careful reader',
  'every good plan',
  'the order of things',
  'a single decision',
  'the first attempt',
  'an honest mistake',
  'the work behind it',
  'a patient observer',
  'the simplest explanation',
]
const VERBS = [
  'shows',
  'suggests',
  'explains',
  'reminds us of',
  'changes',
  'depends on',
  'gives shape to',
  'stands beside',
  'makes room for',
  'returns to',
]
const OBJECTS = [
  'what matters most',
  'the whole picture',
  'an older question',
  'the way people think about it',
  'something nobody had planned',
  'the next step',
  'the limits of a rule',
  'a better habit',
  'the cost of waiting',
  'a second opinion',
]
const CLOSINGS = [
  'and that is worth remembering',
  'although few would say so aloud',
  'which is easy to overlook',
  'and the details bear it out',
  'however long it takes',
  'so it pays to look twice',
  'and little else comes close',
]

function makeSentence(topic: string, next: (below: number) => number): string {
  const pick = (words: string[]): string => words[next(words.length)] ?? ''
  const about = topic !== '' && next(4) === 0 ? ` about ${topic}` : ''
  const subject = pick(SUBJECTS)
  switch (next(3)) {
    case 0:
      return `${pick(OPENINGS)}, ${subject}${about} ${pick(VERBS)} ${pick(OBJECTS)}.`
    case 1:
      return `${subject.charAt(0).toUpperCase()}${subject.slice(1)}${about} ${pick(VERBS)} ${pick(OBJECTS)}, ${pick(CLOSINGS)}.`
    default:
      return `${pick(OPENINGS)}, ${subject} ${pick(VERBS)} ${pick(OBJECTS)}${about}, ${pick(CLOSINGS)}.`
  }
}

/** A linear congruential generator, seeded with the characters of a text. */
function sequence(seed: string): (below: number) => number {
  let state = [...seed].reduce(
    (hash, character) => (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) | 0,
    7,
  )
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    return Math.floor(((state >>> 8) / 2 ** 24) * below)
  }
}
