/** Boxes into which the customer's policies are pasted. */
import { Textarea } from '@mantine/core'

const boxes = [
  { field: 'trust', label: 'Trust policy of the role' },
  { field: 'permissions', label: 'Permissions policy of the role' },
  { field: 'bucket', label: 'Bucket policy' },
  { field: 'key', label: 'KMS key policy' },
] as const

/** What stands in the boxes, by the policies' names in the contract. */
export type PastedPolicies = Partial<Record<(typeof boxes)[number]['field'], string>>

/** The boxes that have something in them. */
export function filledBoxes(pasted: PastedPolicies): Record<string, string> {
  return Object.fromEntries(Object.entries(pasted).filter(([, text]) => text.trim() !== ''))
}

/** Shows the boxes. */
export function PolicyBoxes({
  pasted,
  onChange,
}: {
  readonly pasted: PastedPolicies
  readonly onChange: (pasted: PastedPolicies) => void
}) {
  return (
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
          onChange={(event) => onChange({ ...pasted, [field]: event.currentTarget.value })}
        />
      ))}
    </div>
  )
}
