/** Trying a planned change of the customer's policies before it is applied: what would break, and what would open. */

import { Alert, Button } from '@mantine/core'
import { useState } from 'react'
import type { Connection, PlanCause, PlannedCall, WhatIf } from '../../../src/contract/index.ts'
import { useKit, usePlanTrial } from '../api.ts'
import { ChainRow } from '../ui/chain.tsx'
import { good } from '../ui/colours.ts'
import { CauseView } from '../ui/diagnosis.tsx'
import { filledBoxes, type PastedPolicies, PolicyBoxes } from '../ui/policy-boxes.tsx'
import { Prose } from '../ui/prose.tsx'
import { StatusBadge } from '../ui/status-badge.tsx'
import { Trouble } from '../ui/trouble.tsx'

const kitFiles = {
  'trust-policy.json': 'trust',
  'permissions-policy.json': 'permissions',
  'bucket-policy.json': 'bucket',
  'key-policy.json': 'key',
} as const

const decisions = { allowed: 'allowed', explicitDeny: 'denied', implicitDeny: 'not allowed' } as const

const verdicts = {
  pass: { color: 'green', text: 'The plan breaks nothing and opens nothing.' },
  fail: { color: 'red', text: 'The plan must not be applied as it is.' },
  unknown: { color: 'yellow', text: 'It can not be told: a value that is not known here decides.' },
} as const

export function WhatIfView({ connection }: { readonly connection: Connection }) {
  const { name } = connection
  const [planned, setPlanned] = useState<PastedPolicies>({})
  const trial = usePlanTrial(name)
  const kit = useKit(name, true)
  const given = filledBoxes(planned)
  const fromKit = (): void => {
    const found: PastedPolicies = {}
    for (const { path, text } of kit.data?.files ?? []) {
      if (path in kitFiles) found[kitFiles[path as keyof typeof kitFiles]] = text.trimEnd()
    }
    setPlanned(found)
  }
  if (connection.authentication.kind !== 'role') {
    return <p className="card">What-if is for connections that are reached through an IAM role.</p>
  }
  return (
    <>
      <section className="card">
        <h2 className="flush">What would a planned change break?</h2>
        <p className="quiet">
          Paste policies as they would be. What stays empty stays as the set-up kit has it. They are evaluated and not
          kept, and nothing is called.
        </p>
        <PolicyBoxes pasted={planned} onChange={setPlanned} />
        <div className="row actions">
          <Button
            color={good}
            disabled={Object.keys(given).length === 0}
            loading={trial.isPending}
            onClick={() => trial.mutate(given)}
          >
            Try the plan
          </Button>
          <Button variant="default" disabled={kit.data === undefined} onClick={fromKit}>
            Start from the set-up kit
          </Button>
        </div>
        {trial.error ? <Trouble error={trial.error} /> : null}
      </section>
      {trial.data ? <Outcome outcome={trial.data} /> : null}
    </>
  )
}

function Outcome({ outcome }: { readonly outcome: WhatIf }) {
  const verdict = verdicts[outcome.status]
  return (
    <section aria-label="outcome" data-outcome={outcome.status}>
      <Alert color={verdict.color} title={<Prose text={outcome.summary} />} mb="md" role="status">
        {verdict.text}
      </Alert>
      <section className="card">
        <h2 className="flush">The chain under the plan</h2>
        <ChainRow chain={outcome.chain} />
      </section>
      {outcome.causes.map((cause) => (
        <PlannedCause key={cause.id + cause.summary} cause={cause} />
      ))}
      <section className="card">
        <h2 className="flush">Call by call</h2>
        <ul className="plain-list" aria-label="calls">
          {outcome.calls.map((call) => (
            <CallLine key={`${call.operation} ${call.what}`} call={call} />
          ))}
        </ul>
      </section>
      {outcome.notSeen.length === 0 ? null : (
        <section className="card">
          <h2 className="flush">Supposed, or not seen</h2>
          <ul className="quiet">
            {outcome.notSeen.map((line) => (
              <li key={line}>
                <Prose text={line} />
              </li>
            ))}
          </ul>
        </section>
      )}
    </section>
  )
}

function PlannedCause({ cause }: { readonly cause: PlanCause }) {
  const { place } = cause
  return (
    <>
      <CauseView cause={cause} isOpen={cause.effect !== 'uncertain'} />
      <p className="quiet below-cause">
        {cause.effect} {cause.operations.join(', ')}
        {place === undefined ? null : `; ${place.policy} policy, line ${place.line}, column ${place.column}`}
      </p>
    </>
  )
}

function CallLine({ call }: { readonly call: PlannedCall }) {
  const isQuiet = call.effect === 'none'
  return (
    <li className="row check" data-call={call.operation} data-effect={call.effect}>
      <StatusBadge
        state={call.effect}
        word={isQuiet ? (call.isForbidden ? 'stays refused' : 'stays') : call.effect.replace('-', ' ')}
      />
      <span className="mono">{call.operation}</span>
      <span className="check-detail">
        <Prose text={call.what} />
      </span>
      <span className="quiet">
        {decisions[call.before]} → {decisions[call.after]}
      </span>
    </li>
  )
}
