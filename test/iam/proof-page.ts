/** Writes docs/proof-iam.md from what a run of `npm run proof -- iam` has counted. */
import type { Features } from './features.ts'
import { mostPolicyBytes, mostRequestBytes } from './hostile.ts'
import type { Catch, Hunt, Time } from './hunt.ts'

export interface Proof {
  readonly pairs: number
  readonly seed: number
  /** Of the differential run. */
  readonly seconds: number
  readonly machine: string
  readonly features: Features
  readonly hunt: Hunt
  readonly huntSeconds: number
}

/** What an evaluation of that size may take. */
const claimMs = 5

/** The whole page as Markdown. */
export function proofPage({ pairs, seed, seconds, machine, features, hunt, huntSeconds }: Proof): string {
  const { catches, loop } = hunt
  return [
    '# Proof of the evaluator',
    '',
    `Written by \`npm run proof -- iam --seed ${seed}\` on ${machine}.`,
    '',
    '## Engine against reference model',
    '',
    `${grouped(pairs)} pairs of a policy set and a request, in ${seconds.toFixed(0)} s, without a disagreement. Compared were the`,
    'decision of `decide`, the decision of `evaluate`, the policy type that decided, and for every statement whether',
    'principal, action, resource and each condition matched. The model is `test/reference/`; it shares no code with the',
    'engine. What the generators leave out, because AWS leaves it open, is listed in [iam-rules.md](iam-rules.md#unsettled).',
    '',
    ...features.groups().flatMap(([group, counts]) => table(group, counts)),
    '## The slowest evaluation',
    '',
    `Policies up to ${grouped(mostPolicyBytes)} bytes, requests up to ${grouped(mostRequestBytes)} bytes, ${huntSeconds} s of hunting over`,
    `${catches.length} shapes and their variations. In milliseconds of the wall clock, the quickest of five tries, of forty above 2 ms.`,
    '`verdict` is `decide` and `explained` is `evaluate`, policies prepared; `anew` is `decide` on policies that were just read,',
    'so that preparing them is part of it, and `read` is `anew` with `parsePolicyText` before it. Meanwhile a loop of three',
    `million multiplications took ${loop[0].toFixed(1)} to ${loop[1].toFixed(1)} ms, which tells one machine and hour from another. The claim is ${claimMs} ms for`,
    `a verdict: ${held(catches, 'verdict')}. Explained: ${held(catches, 'explained')}. Anew: ${held(catches, 'anew')}. Read: ${held(catches, 'read')}.`,
    '',
    '| verdict | explained | anew | read | shape |',
    '|---:|---:|---:|---:|---|',
    ...shown(catches).map(
      ({ name, verdict, explained, anew, read }) =>
        `| ${verdict.toFixed(2)} | ${explained.toFixed(2)} | ${anew.toFixed(2)} | ${read.toFixed(2)} | ${name} |`,
    ),
    '',
  ].join('\n')
}

function held(catches: readonly Catch[], time: Time): string {
  const over = catches.filter((one) => one[time] > claimMs).length
  return over === 0 ? 'it held' : `${over} shapes took longer`
}

/** The slowest of each kind. */
function shown(catches: readonly Catch[]): readonly Catch[] {
  const slowest = (time: Time): readonly Catch[] => [...catches].sort((a, b) => b[time] - a[time]).slice(0, 10)
  return [...new Set([...slowest('verdict'), ...slowest('explained'), ...slowest('anew'), ...slowest('read')])]
}

function table(group: string, counts: readonly (readonly [string, number])[]): readonly string[] {
  return [
    `### ${group.charAt(0).toUpperCase()}${group.slice(1)}`,
    '',
    '| | count |',
    '|---|---:|',
    ...counts.map(([name, count]) => `| ${name} | ${grouped(count)} |`),
    '',
  ]
}

function grouped(count: number): string {
  return count.toLocaleString('en')
}
