/**
 * PROOF.md: what long runs found, a section for each proof, made of the JSON that the run left in proof/. A proof that was
 * not run has no section.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Verdict } from '../test/evidence/judge.ts'
import { evidenceSection } from '../test/evidence/proof.ts'
import { type KillsProof, killsSection } from '../test/kills/proof.ts'
import { type RollingProof, rollingSection } from '../test/postgres/rolling/proof.ts'
import { type Proof as DeliveryProof, sectionOf as deliverySection } from '../test/simulation/proof.ts'

const root = new URL('../', import.meta.url)

interface Proofs {
  readonly delivery: DeliveryProof
  readonly kills: KillsProof
  readonly rolling: RollingProof
  readonly evidence: Verdict
}

/** The proofs that have a section, in its order. */
export type ProofName = keyof Proofs

const sections: { readonly [Name in ProofName]: (proof: Proofs[Name]) => string } = {
  delivery: deliverySection,
  kills: killsSection,
  rolling: rollingSection,
  evidence: evidenceSection,
}

/** Reads what an earlier run left; null when there was none. */
export function readProof<Name extends ProofName>(name: Name): Proofs[Name] | null {
  try {
    return JSON.parse(readFileSync(new URL(`proof/${name}.json`, root), 'utf8'))
  } catch {
    return null
  }
}

/** Keeps what a run found, and writes PROOF.md anew. */
export function keepProof<Name extends ProofName>(name: Name, proof: Proofs[Name]): void {
  mkdirSync(fileURLToPath(new URL('proof', root)), { recursive: true })
  writeFileSync(new URL(`proof/${name}.json`, root), `${JSON.stringify(proof, null, 2)}\n`)
  writeFileSync(new URL('PROOF.md', root), proofText())
}

/** The page as it follows from the JSON files. */
export function proofText(): string {
  const told = (Object.keys(sections) as ProofName[]).flatMap((name) => sectionOf(name))
  return `# Proof

What long runs found, written by \`npm run proof\` from \`proof/*.json\`, where the same numbers stand for machines. Nothing here was
tried against AWS or Azure themselves. What ran is what is counted: every section says how much that was.
The policy language has a page of its own, [docs/proof-iam.md](docs/proof-iam.md), and so has every row of the fault
matrix, [docs/faults.md](docs/faults.md).

${told.join('\n')}`
}

function sectionOf<Name extends ProofName>(name: Name): string[] {
  const proof = readProof(name)
  return proof === null ? [] : [sections[name](proof)]
}
