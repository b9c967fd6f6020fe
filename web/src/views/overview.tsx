/** A connection at a glance: its chain, the Verify button with its checks live, the diagnosis, and how we get in. */

import { Alert, Button } from '@mantine/core'
import { useEffect, useState } from 'react'
import type { Connection, Verification } from '../../../src/contract/index.ts'
import { useMayOperate, useVerification } from '../api.ts'
import { ChainRow } from '../ui/chain.tsx'
import { CheckList } from '../ui/check-list.tsx'
import { good } from '../ui/colours.ts'
import { DiagnosisView } from '../ui/diagnosis.tsx'
import { HandOver } from '../ui/hand-over.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { placeOf, when } from '../ui/words.ts'
import { ConsentSwitch, hasOutside } from './consent.tsx'
import { ExplainWithPolicies } from './explain.tsx'
import { SendOneReport } from './prove.tsx'

let firstVerification: string | null = null

/** Says that a connection was just set up: its page verifies it without anybody pressing the button. */
export function beginFirstVerification(name: string): void {
  firstVerification = name
}

export function ConnectionOverview({ connection }: { readonly connection: Connection }) {
  const { name } = connection
  const [isFirst] = useState(() => firstVerification === name)
  const verification = useVerification(name, isFirst)
  const mayOperate = useMayOperate()
  useEffect(() => {
    firstVerification = null
  }, [])
  const last = verification.done ?? connection.lastVerification
  const checks = verification.running || verification.checks.length > 0 ? verification.checks : (last?.checks ?? [])
  const isRed = last?.status === 'fail' && !verification.running
  return (
    <>
      {isFirst && connection.state === 'active' ? (
        <Alert color="green" mb="md" role="status" title="The connection is active">
          Its chain is green from the person to the object. It can be a target of a route now.
        </Alert>
      ) : null}
      <p className="unseen" role="status">
        {verification.running ? 'The verification runs.' : outcomeOf(verification.done)}
      </p>
      <section className="card" aria-label="chain">
        <div className="row">
          <span className="mono">{placeOf(connection.location)}</span>
          {mayOperate ? (
            <Button className="push" color={good} onClick={() => verification.start()} loading={verification.running}>
              Verify configuration
            </Button>
          ) : null}
        </div>
        {last ? <ChainRow chain={last.chain} opens="diagnosis" /> : <p className="quiet">Not verified yet.</p>}
        {last ? (
          <p className="quiet after">
            Verified {when(last.finishedAt)}.{last.redSince ? <> Red since {when(last.redSince)}.</> : null}
          </p>
        ) : null}
        {last?.sessionValidUntil ? (
          <Alert color="yellow" mt="sm">
            A session issued earlier still works until {when(last.sessionValidUntil)}; deliveries stop then.
          </Alert>
        ) : null}
        {verification.wait ? (
          <Alert color="yellow" mt="sm" role="status">
            <span className="mono">{verification.wait.check}</span> waits: {verification.wait.detail} (
            {verification.wait.secondsLeft} seconds left).
          </Alert>
        ) : null}
        {verification.error ? <Trouble error={verification.error} onAgain={() => verification.start()} /> : null}
      </section>
      {last?.diagnosis && !verification.running ? <DiagnosisView diagnosis={last.diagnosis} id="diagnosis" /> : null}
      {isRed ? <HandOver connection={name} /> : null}
      {checks.length > 0 ? (
        <section className="card" aria-label="the checks" aria-busy={verification.running}>
          <h2>Checks</h2>
          <CheckList checks={checks} />
        </section>
      ) : null}
      {connection.authentication.kind === 'role' && last && last.status !== 'pass' ? (
        <ExplainWithPolicies name={name} />
      ) : null}
      {mayOperate && last?.status === 'pass' && connection.purpose !== 'source' && !verification.running ? (
        <SendOneReport name={name} />
      ) : null}
      {mayOperate && hasOutside(connection) ? (
        <ConsentSwitch connection={connection} onVerify={verification.start} isVerifying={verification.running} />
      ) : null}
      <Facts connection={connection} />
    </>
  )
}

/** What ears are told when a verification that was asked for here has ended. */
function outcomeOf(done: Verification | null): string {
  if (done === null) return ''
  if (done.status === 'pass') return 'The verification ended: the connection works.'
  return done.status === 'fail'
    ? 'The verification ended: the connection is refused.'
    : 'The verification ended without a result.'
}

function Facts({ connection }: { readonly connection: Connection }) {
  const { authentication } = connection
  return (
    <section className="card">
      <h2>How we get in</h2>
      <dl className="facts">
        <dt>purpose</dt>
        <dd>{connection.purpose}</dd>
        <AuthenticationFacts authentication={authentication} />
        <dt>session tags</dt>
        <dd>
          {connection.identityMapping.tags.map((rule) => `${rule.tag} ← ${rule.claim}`).join(', ') || 'none'}; source
          identity ← {connection.identityMapping.sourceIdentityClaim}
        </dd>
      </dl>
      {connection.warnings.map((warning) => (
        <Alert key={warning} color="yellow" mt="sm">
          {warning}
        </Alert>
      ))}
    </section>
  )
}

function AuthenticationFacts({ authentication }: { readonly authentication: Connection['authentication'] }) {
  if (authentication.kind === 'role') {
    return (
      <>
        <dt>role</dt>
        <dd className="mono">{authentication.roleArn}</dd>
        {authentication.webIdentity ? (
          <>
            <dt>ID token</dt>
            <dd className="mono">
              {authentication.webIdentity.issuer} for {authentication.webIdentity.audience}
            </dd>
            <dt>subject</dt>
            <dd className="mono">{authentication.webIdentity.subject}</dd>
          </>
        ) : (
          <>
            <dt>External ID</dt>
            <dd className="mono">
              {authentication.externalId ?? 'none'} <span className="quiet">({authentication.externalIdOrigin})</span>
            </dd>
          </>
        )}
        <dt>STS region</dt>
        <dd className="mono">{authentication.stsRegion}</dd>
      </>
    )
  }
  if (authentication.kind === 'sas') {
    return (
      <>
        <dt>SAS token</dt>
        <dd className="mono">
          fingerprint {authentication.fingerprint}, permissions {authentication.permissions}
        </dd>
        <dt>expires</dt>
        <dd>{authentication.expiresAt ? when(authentication.expiresAt) : 'by its stored access policy'}</dd>
      </>
    )
  }
  if (authentication.kind === 'access-key') {
    return (
      <>
        <dt>access key</dt>
        <dd className="mono">{authentication.accessKeyId}</dd>
        <dt>known since</dt>
        <dd>{when(authentication.createdAt)}</dd>
      </>
    )
  }
  return null
}
