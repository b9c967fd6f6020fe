/** The evidence's part of PROOF.md: how many packages that were tampered with were refused, by whom, and by which check. */
import { deliverAll } from './delivered.ts'
import { buildSumdb, lacksGo } from './go.ts'
import { judgeMutants, type Verdict } from './judge.ts'

/** Delivers packages to the sandbox, tampers with them and has them judged. `holds`: every mutant was refused by all. */
export async function proveEvidence(
  mutants: number,
  seed: number,
): Promise<{ readonly holds: boolean; readonly proof: Verdict }> {
  const delivered = await deliverAll()
  const sumdb = lacksGo() ? null : buildSumdb()
  try {
    const proof = await judgeMutants(delivered, seed, mutants, sumdb?.path ?? null)
    console.log(
      `${proof.refused} of ${proof.mutants} mutants refused; Go refused ${proof.goRefused} of ${proof.goJudged}`,
    )
    return { holds: proof.refused === proof.mutants && proof.goRefused === proof.goJudged, proof }
  } finally {
    sumdb?.remove()
  }
}

/** Writes the section of PROOF.md. */
export function evidenceSection(proof: Verdict): string {
  const rows = Object.entries(proof.kinds).map(([kind, { made, refused, goJudged, goRefused, by }]) => {
    const checks = Object.entries(by).sort(([, a], [, b]) => b - a)
    const told = checks.map(([check, times]) => `${check} ${times}`).join(', ')
    return `| ${kind} | ${made} | ${refused} | ${goRefused} of ${goJudged} | ${told} |`
  })
  return `## Packages that were tampered with

\`npm run proof -- evidence\`. Packages are delivered to the sandbox by the real code, read back from the bucket, and tampered
with, each in another way; the public key is the one of the set-up kit. Drawbridge's own reader judges all of them; a Go
program over \`golang.org/x/mod/sumdb\` (\`test/evidence/sumdb\`), which shares no line with it, judges those whose receipt is
not packed in a sidecar. The tests (\`test/evidence\`) also have \`sha256sum\` and \`openssl\` check the untouched packages, with
the lines of \`VERIFY.md\`.

| | |
|---|---|
| seed | ${proof.seed} |
| packages that were tampered with | ${proof.mutants} |
| refused by Drawbridge | ${proof.refused} |
| refused by the Go program | ${proof.goRefused} of ${proof.goJudged} |
| seconds | ${proof.seconds} |

| what was done | made | refused | refused by Go | by the check |
|---|---|---|---|---|
${rows.join('\n')}
`
}
