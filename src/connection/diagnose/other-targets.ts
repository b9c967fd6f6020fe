/** What the words around an error say of the route's other targets: `Azure works` puts the fault on the AWS side. */

/** How another target of the same route fares. */
export interface OtherTarget {
  readonly service: 's3' | 'azblob'
  readonly ok: boolean
}

const otherTargetWords: readonly (readonly ['s3' | 'azblob', RegExp])[] = [
  ['azblob', /\bazure\b|\bblob storage\b/],
  ['s3', /\bs3\b|\baws\b/],
]
const worksWords = /\b(?:works|is working|succeeds|succeeded|is fine|is green|delivers|delivered|no problem)\b/
const failsWords = /\b(?:fails|failed|refused|also (?:fails|denied|red)|same error)\b/
const doubtWords = /n['’]t |\bnot\b|\bnever\b|\bno longer\b|\buntil\b|\bonce\b|\?|\bif\b|\bused to\b|\bconfigured?\b/

/** Reads from the words around an error how the route's other target fares; a doubtful sentence says nothing. */
export function otherTargetsIn(text: string): OtherTarget[] {
  const found = new Map<OtherTarget['service'], boolean>()
  for (const sentence of text
    .toLowerCase()
    .split(/\n|[.;!](?:\s|$)|, | but | while | and /)
    .slice(0, 500)) {
    const said = otherTargetWords.filter(([, words]) => words.test(sentence))
    const [only] = said
    if (only === undefined || said.length !== 1 || sentence.length > 300 || doubtWords.test(sentence)) continue
    if (worksWords.test(sentence)) found.set(only[0], true)
    else if (failsWords.test(sentence)) found.set(only[0], false)
  }
  return [...found].map(([service, ok]) => ({ service, ok }))
}

const names = { s3: 'AWS', azblob: 'Azure' } as const

/** What the other targets rule out for a refusal at `here`: two targets share report, person and way out, and no policy. */
export function otherTargetsSay(here: OtherTarget['service'], targets: readonly OtherTarget[]): string[] {
  const others = targets.filter((target) => target.service !== here)
  const [first] = others
  if (first === undefined) return []
  if (others.some((target) => target.ok)) {
    return [
      `${names[first.service]} works for the same route: report, person and our way out are not the fault, which is on the ${names[here]} side`,
    ]
  }
  return [
    `${names[here]} and ${names[first.service]} both fail, and they share no policy: look first at what they share, which is the way out, the clock and the report`,
  ]
}
