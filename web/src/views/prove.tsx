/** One real report to one connection, on request: the whole chain as the job uses it, and not a probe of it. */
import { Button } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { maximumProofBytes } from '../../../src/contract/index.ts'
import { useDelivery, useProof } from '../api.ts'
import { good } from '../ui/colours.ts'
import { StatusBadge } from '../ui/status-badge.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { size } from '../ui/words.ts'

export function SendOneReport({ name }: { readonly name: string }) {
  const [file, setFile] = useState<File | null>(null)
  const proof = useProof(name)
  const isTooLarge = file !== null && file.size > maximumProofBytes
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (file !== null) proof.mutate(file)
  }
  return (
    <form onSubmit={submit} className="card" aria-label="one real report">
      <h2>One real report</h2>
      <p className="quiet">
        A verification tries every link; a report proves the whole. A file of yours, of at most 1 MiB, goes to this
        connection alone, under the keys of the job and through the same spool, writer and receipts. It stays with the
        customer, as any report does.
      </p>
      <div className="row actions bottom">
        <label className="file">
          The report
          <input
            type="file"
            required
            onChange={(event) => setFile(event.currentTarget.files?.item(0) ?? null)}
            aria-describedby={isTooLarge ? 'too-large' : undefined}
          />
        </label>
        <Button type="submit" color={good} disabled={file === null || isTooLarge} loading={proof.isPending}>
          Send it
        </Button>
      </div>
      {isTooLarge ? (
        <p id="too-large" role="alert" className="after">
          {file.name} has {size(file.size)}; reports of more than 1 MiB go on a route.
        </p>
      ) : null}
      {proof.data ? <Sent id={proof.data.id} /> : null}
      {proof.error ? <Trouble error={proof.error} /> : null}
    </form>
  )
}

function Sent({ id }: { readonly id: string }) {
  const { data } = useDelivery(id)
  return (
    <div role="status" className="row tight after" data-proof={data?.state ?? 'accepted'}>
      <StatusBadge state={data?.state ?? 'accepted'} />
      <a href={`#/deliveries/${id}`}>Look at the delivery and its receipt</a>
    </div>
  )
}
