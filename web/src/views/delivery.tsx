/** One delivery: every target, what it said, its diagnosis, its receipt. */

import { Button } from '@mantine/core'
import type { Delivery, DeliveryTarget } from '../../../src/contract/index.ts'
import { useCancel, useDelivery, useProgress, useReceipt, useRetry } from '../api.ts'
import { connectionAddress } from '../router.ts'
import { good } from '../ui/colours.ts'
import { DiagnosisView } from '../ui/diagnosis.tsx'
import { HandOver } from '../ui/hand-over.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { PageTitle } from '../ui/page-title.tsx'
import { type ObjectProgress, ProgressBar } from '../ui/progress-bar.tsx'
import { Prose } from '../ui/prose.tsx'
import { saveBlob } from '../ui/save-files.ts'
import { StatusBadge } from '../ui/status-badge.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { size, when } from '../ui/words.ts'
import { zipOf } from '../ui/zip.ts'

export function DeliveryView({ id }: { readonly id: string }) {
  const query = useDelivery(id)
  return <Loaded query={query}>{(delivery) => <OneDelivery delivery={delivery} />}</Loaded>
}

function OneDelivery({ delivery }: { readonly delivery: Delivery }) {
  const { id, state } = delivery
  const retry = useRetry(id)
  const cancel = useCancel(id)
  const isOutstanding = state === 'owed' || state === 'parked'
  const isMoving = state === 'accepted' || delivery.targets.some((target) => target.state === 'sending')
  const progress = useProgress(id, isMoving)
  return (
    <>
      <PageTitle text={delivery.report}>
        <StatusBadge state={state} />
      </PageTitle>
      <section className="card">
        <div className="row">
          <span className="mono">{id}</span>
          <span className="push row tight">
            {isOutstanding || isMoving ? (
              <Button variant="default" onClick={() => cancel.mutate()} loading={cancel.isPending}>
                Cancel what has not arrived
              </Button>
            ) : null}
            {isOutstanding ? (
              <Button color={good} onClick={() => retry.mutate()} loading={retry.isPending}>
                Try again now
              </Button>
            ) : null}
          </span>
        </div>
        <Facts delivery={delivery} />
        {retry.error ? <Trouble error={retry.error} /> : null}
        {cancel.error ? <Trouble error={cancel.error} /> : null}
      </section>
      {delivery.targets.map((target) => (
        <Target key={target.connection} id={id} target={target} progress={progressOf(target, progress)} />
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

/** What is on its way to a target; what has arrived is told by its state. */
function progressOf(target: DeliveryTarget, progress: ReadonlyMap<string, ObjectProgress>): readonly ObjectProgress[] {
  if (target.state !== 'sending' && target.state !== 'waiting') return []
  return [...progress.values()].filter(
    ({ connection, bytesSent, sizeBytes }) => connection === target.connection && bytesSent < sizeBytes,
  )
}

interface TargetProps {
  readonly id: string
  readonly target: DeliveryTarget
  readonly progress: readonly ObjectProgress[]
}

function Target({ id, target, progress }: TargetProps) {
  const receipt = useReceipt(id)
  const save = async (): Promise<void> => {
    const bundle = await receipt.mutateAsync(target.connection)
    saveBlob(`receipt-${id}-${target.connection}.zip`, zipOf(bundle.files))
  }
  return (
    <section className="card" data-target={target.connection}>
      <div className="row">
        <strong>
          <a className="plain-link" href={connectionAddress(target.connection)}>
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
      {progress.map((one) => (
        <ProgressBar key={one.key} progress={one} />
      ))}
      {target.reason ? (
        <p>
          <Prose text={target.reason} />
        </p>
      ) : null}
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
      {target.diagnosis ? (
        <>
          <DiagnosisView diagnosis={target.diagnosis} withChain />
          <HandOver connection={target.connection} delivery={id} />
        </>
      ) : null}
    </section>
  )
}
