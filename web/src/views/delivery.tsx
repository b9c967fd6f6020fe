/** One delivery: every target, what it said, its diagnosis, its receipt. */
import { Button, Loader } from '@mantine/core'
import type { Delivery, DeliveryTarget } from '../../../src/contract/index.ts'
import { useDelivery, useReceipt, useRetry } from '../api.ts'
import { DiagnosisView } from '../ui/diagnosis.tsx'
import { saveFiles } from '../ui/save-files.ts'
import { StatusBadge } from '../ui/status-badge.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { size, when } from '../ui/words.ts'

export function DeliveryView({ id }: { readonly id: string }) {
  const delivery = useDelivery(id)
  const retry = useRetry(id)
  if (delivery.isPending) return <Loader aria-label="loading" />
  if (delivery.error) return <Trouble error={delivery.error} />
  const open = delivery.data.state === 'owed' || delivery.data.state === 'parked'
  return (
    <>
      <h1>{delivery.data.report}</h1>
      <section className="card">
        <div className="row">
          <StatusBadge state={delivery.data.state} />
          <span className="mono">{delivery.data.id}</span>
          {open ? (
            <Button className="push" color="teal.9" onClick={() => retry.mutate()} loading={retry.isPending}>
              Try again now
            </Button>
          ) : null}
        </div>
        <Facts delivery={delivery.data} />
        {retry.error ? <Trouble error={retry.error} /> : null}
      </section>
      {delivery.data.targets.map((target) => (
        <Target key={target.connection} id={id} target={target} />
      ))}
    </>
  )
}

function Facts({ delivery }: { readonly delivery: Delivery }) {
  return (
    <dl className="facts">
      <dt>route</dt>
      <dd>{delivery.route}</dd>
      <dt>period</dt>
      <dd>{delivery.period}</dd>
      <dt>in the name of</dt>
      <dd>{delivery.actor.displayName ?? delivery.actor.subject}</dd>
      <dt>accepted</dt>
      <dd>{when(delivery.acceptedAt)}</dd>
      {delivery.files.map((file) => (
        <FileFacts key={file.name} name={file.name} sizeBytes={file.sizeBytes} sha256={file.sha256} />
      ))}
    </dl>
  )
}

function FileFacts({
  name,
  sizeBytes,
  sha256,
}: {
  readonly name: string
  readonly sizeBytes: number
  readonly sha256: string
}) {
  return (
    <>
      <dt>{name}</dt>
      <dd className="mono">
        {size(sizeBytes)}, SHA-256 {sha256}
      </dd>
    </>
  )
}

function Target({ id, target }: { readonly id: string; readonly target: DeliveryTarget }) {
  const receipt = useReceipt(id)
  const save = async (): Promise<void> => {
    const bundle = await receipt.mutateAsync(target.connection)
    saveFiles(bundle.files)
  }
  return (
    <section className="card" data-target={target.connection}>
      <div className="row">
        <strong>
          <a className="plain-link" href={`#/connections/${target.connection}`}>
            {target.connection}
          </a>
        </strong>
        <StatusBadge state={target.state} />
        {target.deliveredAt ? <span className="quiet">{when(target.deliveredAt)}</span> : null}
        {target.hasReceipt ? (
          <Button className="push" size="xs" variant="default" onClick={() => void save()} loading={receipt.isPending}>
            Save the receipt
          </Button>
        ) : null}
      </div>
      {target.reason ? <p>{target.reason}</p> : null}
      <dl className="facts">
        <dt>attempts</dt>
        <dd>{target.attempts}</dd>
        {target.verificationLevel ? <dt>verified by</dt> : null}
        {target.verificationLevel ? <dd>{target.verificationLevel}</dd> : null}
        {target.state === 'delivered' ? <dt>objects</dt> : null}
        {target.state === 'delivered' ? (
          <dd className="mono">
            {target.keys.map((key) => (
              <div key={key}>{key}</div>
            ))}
          </dd>
        ) : null}
      </dl>
      {receipt.error ? <Trouble error={receipt.error} /> : null}
      {target.diagnosis ? <DiagnosisView diagnosis={target.diagnosis} withChain /> : null}
    </section>
  )
}
