/** The administrator's view in the page: policies are pasted, and the refusal is explained down to the statement. */
import { Button, Textarea } from '@mantine/core'
import { useState } from 'react'
import { useExplanation } from '../api.ts'
import { DiagnosisView } from '../ui/diagnosis.tsx'
import { Trouble } from '../ui/trouble.tsx'

const boxes = [
  { field: 'trust', label: 'Trust policy of the role' },
  { field: 'permissions', label: 'Permissions policy of the role' },
  { field: 'bucket', label: 'Bucket policy' },
  { field: 'key', label: 'KMS key policy' },
] as const

type Pasted = Partial<Record<(typeof boxes)[number]['field'], string>>

/** Asks for the customer's policies as they stand now, and explains with them. */
export function ExplainWithPolicies({ name }: { readonly name: string }) {
  const [pasted, setPasted] = useState<Pasted>({})
  const explanation = useExplanation(name)
  const given = Object.fromEntries(Object.entries(pasted).filter(([, text]) => text.trim() !== ''))
  return (
    <section className="card">
      <h2>Explain with the policies</h2>
      <p className="quiet">
        What we see from outside leaves several causes. With the customer’s policies as they stand now, the statement
        and the condition that refuse can be named. They are evaluated and not kept.
      </p>
      <div className="boxes">
        {boxes.map(({ field, label }) => (
          <Textarea
            key={field}
            label={label}
            autosize
            minRows={2}
            maxRows={14}
            spellCheck={false}
            classNames={{ input: 'mono' }}
            value={pasted[field] ?? ''}
            onChange={(event) => setPasted({ ...pasted, [field]: event.currentTarget.value })}
          />
        ))}
      </div>
      <Button
        mt="sm"
        color="teal.9"
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
