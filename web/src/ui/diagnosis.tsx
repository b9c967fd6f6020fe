/** A diagnosis: the causes ranked, the statement and condition that refused, and the repair as a diff. */
import { Alert, Badge, Button, Code, CopyButton } from '@mantine/core'
import type { Cause, Diagnosis, Repair } from '../../../src/contract/index.ts'
import { ChainRow } from './chain.tsx'
import { bad, neutral, warning } from './colours.ts'
import { Diff } from './diff.tsx'
import { Prose } from './prose.tsx'

const confidenceColor = { proved: bad, likely: warning, possible: neutral } as const

/** Shows a diagnosis whole; `withChain` draws its chain too. */
export function DiagnosisView({
  diagnosis,
  withChain,
  id,
}: {
  readonly diagnosis: Diagnosis
  readonly id?: string
  readonly withChain?: boolean
}) {
  return (
    <section aria-label="diagnosis" id={id}>
      <Alert color="red" variant="light" title={<Prose text={diagnosis.summary} />} mt="sm">
        <span className="quiet">
          {diagnosis.operation} ·{' '}
          {diagnosis.view === 'vendor'
            ? "seen from our side: errors and probes, not the customer's policies"
            : 'seen with read access to the policies'}
        </span>
      </Alert>
      {withChain === true ? <ChainRow chain={diagnosis.chain} /> : null}
      {diagnosis.causes.map((cause, place) => (
        <CauseView
          key={cause.id + cause.summary}
          cause={cause}
          isOpen={place === 0 && cause.confidence !== 'possible'}
        />
      ))}
      <Lines title="Ruled out" lines={diagnosis.ruledOut} />
      <Lines title="Not seen" lines={diagnosis.notSeen} />
      {diagnosis.nextStep ? (
        <p>
          <strong>Next:</strong> <Prose text={diagnosis.nextStep} />
        </p>
      ) : null}
    </section>
  )
}

/** One cause: what is wrong, the statement that decided, and its repairs. */
export function CauseView({ cause, isOpen }: { readonly cause: Cause; readonly isOpen: boolean }) {
  const condition = cause.statement?.condition
  return (
    <details className="card cause" data-cause={cause.id} open={isOpen}>
      <summary>
        <Badge color={confidenceColor[cause.confidence]}>{cause.confidence}</Badge>{' '}
        <strong>
          <Prose text={cause.summary} />
        </strong>
      </summary>
      {condition ? (
        <dl className="facts">
          <dt>condition</dt>
          <dd className="mono">
            {condition.operator} {condition.key}
          </dd>
          <dt>wanted</dt>
          <dd className="mono">{condition.wanted.join(', ')}</dd>
          <dt>actual</dt>
          <dd className="mono">{condition.actual === null ? 'not sent, or not known' : condition.actual.join(', ')}</dd>
        </dl>
      ) : null}
      {cause.statement?.text ? (
        <Code block mt="sm">
          {cause.statement.text}
        </Code>
      ) : null}
      {cause.because.length > 0 ? (
        <ul className="quiet">
          {cause.because.map((line) => (
            <li key={line}>
              <Prose text={line} />
            </li>
          ))}
        </ul>
      ) : null}
      {cause.repairs.map((repair) => (
        <RepairView key={repair.summary} repair={repair} />
      ))}
    </details>
  )
}

function RepairView({ repair }: { readonly repair: Repair }) {
  return (
    <div data-repair={repair.side}>
      <p>
        <strong>{repair.side === 'ours' ? 'On our side: ' : 'In the customer’s policy: '}</strong>
        <Prose text={repair.summary} />{' '}
        <span className="quiet">
          Opens: <Prose text={repair.opens} />.
        </span>
      </p>
      {repair.patch ? (
        <>
          <Diff text={repair.patch.diff} />
          <CopyButton value={JSON.stringify(repair.patch.after, null, 2)}>
            {({ copied, copy }) => (
              <Button size="xs" variant="default" onClick={copy}>
                {copied ? 'Copied' : 'Copy the repaired policy'}
              </Button>
            )}
          </CopyButton>
        </>
      ) : null}
    </div>
  )
}

function Lines({ title, lines }: { readonly title: string; readonly lines: readonly string[] }) {
  if (lines.length === 0) return null
  return (
    <div className="quiet">
      <strong>{title}</strong>
      <ul>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </div>
  )
}
