/**
 * Weighs the classes of symptoms against the facts of a text: which signs hold, how much each tells, and which words
 * around the error speak for it. Gives ranked causes; says `proved` of none.
 */
import type { Cause } from '../../contract/index.ts'
import type { ErrorFacts } from './error-facts.ts'
import type { Sign, Symptom } from './symptom.ts'
import { evidenceFor } from './text-evidence.ts'
import type { LinkId } from './words.ts'

/** A class that fits, with the signs that held. */
export interface Match {
  readonly symptom: Symptom
  readonly confidence: Sign['confidence']
  readonly because: readonly string[]
  /** How many of the class's hints the text holds. */
  readonly hints: readonly string[]
}

/** Finds the classes that fit, the most probable first; at most eight. */
export function matchSymptoms(facts: ErrorFacts, symptoms: readonly Symptom[]): readonly Match[] {
  const matches: Match[] = []
  for (const symptom of symptoms) {
    if (symptom.provider !== 'any' && facts.provider !== 'unknown' && symptom.provider !== facts.provider) continue
    const signs = symptom.signs.filter((sign) => holds(sign, facts))
    if (signs.length === 0) continue
    const isLikely = signs.some((sign) => sign.confidence === 'likely')
    const hints = symptom.hints.filter((hint) => facts.lower.includes(hint))
    const telling = signs.filter((sign) => !isLikely || sign.confidence === 'likely')
    matches.push({
      symptom,
      confidence: isLikely ? 'likely' : 'possible',
      because: [...new Set(telling.map((sign) => sign.because))],
      hints,
    })
  }
  return matches
    .map((match, order) => ({ match, order }))
    .sort((a, b) => weight(b.match) - weight(a.match) || a.order - b.order)
    .slice(0, 8)
    .map(({ match }) => match)
}

/** Where a sign tells, the order of the table decides; words around the error only sort what is merely possible. */
function weight(match: Match): number {
  return match.confidence === 'likely' ? 100 : Math.min(match.hints.length, 9)
}

function holds(sign: Sign, facts: ErrorFacts): boolean {
  return (
    (sign.operations === undefined || operationFits(sign.operations, facts)) &&
    (sign.codes === undefined || codeFits(sign.codes, facts)) &&
    (sign.statuses === undefined || sign.statuses.includes(facts.httpStatus ?? 0)) &&
    (sign.policyTypes === undefined || sign.policyTypes.includes(facts.policyType ?? 'unnamed')) &&
    (sign.all === undefined || sign.all.every((phrase) => facts.lower.includes(phrase))) &&
    (sign.not === undefined || !sign.not.some((phrase) => facts.lower.includes(phrase))) &&
    (sign.any === undefined || sign.any.some((phrase) => facts.lower.includes(phrase)))
  )
}

/** `s3:` means every operation of the service. */
function operationFits(operations: readonly string[], facts: ErrorFacts): boolean {
  const named = [facts.operation, facts.deniedAction].filter((one) => one !== undefined).map((one) => one.toLowerCase())
  // A bare `Access Denied` that names no operation is most often one of S3.
  if (named.length === 0 && facts.provider === 'aws') return operations.includes('s3:')
  return operations.some((wanted) => {
    const lower = wanted.toLowerCase()
    return named.some((one) => (lower.endsWith(':') ? one.startsWith(lower) : one === lower))
  })
}

function codeFits(codes: readonly string[], facts: ErrorFacts): boolean {
  const wanted = codes.map((code) => code.toLowerCase())
  return facts.codes.some((code) => wanted.includes(code.toLowerCase()))
}

/**
 * Turns a match into a cause. `link` overrides the class's own where the form of the connection says better; `facts` add
 * the values that the text shows.
 */
export function causeOf(match: Match, link: LinkId = match.symptom.link, facts?: ErrorFacts): Cause {
  const { symptom, confidence, because, hints } = match
  const heard =
    hints.length === 0
      ? []
      : [
          `the text speaks of ${hints
            .slice(0, 3)
            .map((hint) => `\`${hint}\``)
            .join(', ')}`,
        ]
  return {
    id: symptom.id,
    confidence,
    link,
    summary: symptom.summary,
    because: [
      ...because,
      ...(facts === undefined ? [] : evidenceFor(symptom.id, facts)),
      ...heard,
      `see ${symptom.page}`,
    ],
    repairs: symptom.repairs.map((repair) => ({ ...repair, proved: false })),
  }
}
