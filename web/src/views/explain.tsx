/** The administrator's view in the page: policies are pasted, and the refusal is explained down to the statement. */

import { Button } from '@mantine/core'
import { useState } from 'react'
import { useExplanation } from '../api.ts'
import { good } from '../ui/colours.ts'
import { DiagnosisView } from '../ui/diagnosis.tsx'
import { filledBoxes, type PastedPolicies, PolicyBoxes } from '../ui/policy-boxes.tsx'
import { Trouble } from '../ui/trouble.tsx'

/** Asks for the customer's policies as they stand now, and explains with them. */
export function ExplainWithPolicies({ name }: { readonly name: string }) {
  const [pasted, setPasted] = useState<PastedPolicies>({})
  const explanation = useExplanation(name)
  const given = filledBoxes(pasted)
  return (
    <section className="card">
      <h2>Explain with the policies</h2>
      <p className="quiet">
        What we see from outside leaves several causes. With the customer’s policies as they stand now, the statement
        and the condition that refuse can be named. They are evaluated and not kept.
      </p>
      <PolicyBoxes pasted={pasted} onChange={setPasted} />
      <Button
        mt="sm"
        color={good}
        disabled={Object.keys(given).length === 0}
        loading={explanation.isPending}
        onClick={() => explanation.mutate(given)}
      >
        Explain
      </Button>
      {explanation.error ? <Trouble error={explanation.error} /> : null}
      {explanation.data ? <DiagnosisView diagnosis={explanation.data} withChain /> : null}
    </section>
  )
}
