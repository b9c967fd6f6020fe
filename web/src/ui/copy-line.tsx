/** A value that is copied as it stands: an ARN, an External ID, an address. */
import { Button, CopyButton } from '@mantine/core'

/** Shows a named value with a button that copies it. To be put into a `dl`. */
export function CopyLine({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd className="row tight">
        <span className="mono" data-fact={name}>
          {value}
        </span>
        <CopyButton value={value}>
          {({ copied, copy }) => (
            <Button size="compact-xs" variant="default" onClick={copy} aria-label={`Copy the ${name}`}>
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
      </dd>
    </>
  )
}
