/** One connection: its chain, the Verify button with its checks live, the diagnosis, and the set-up kit. */
import { Alert, Button, Code, Loader } from '@mantine/core'
import { useState } from 'react'
import type { Connection, SetupKit } from '../../../src/contract/index.ts'
import { useConnection, useKit, useVerification } from '../api.ts'
import { ChainRow } from '../ui/chain.tsx'
import { CheckList } from '../ui/check-list.tsx'
import { DiagnosisView } from '../ui/diagnosis.tsx'
import { StatusBadge } from '../ui/status-badge.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { placeOf, when } from '../ui/words.ts'
import { ExplainWithPolicies } from './explain.tsx'

export function ConnectionView({ name }: { readonly name: string }) {
  const connection = useConnection(name)
  const verification = useVerification(name)
  if (connection.isPending) return <Loader aria-label="loading" />
  if (connection.error) return <Trouble error={connection.error} />
  const last = verification.done ?? connection.data.lastVerification
  const checks = verification.running || verification.checks.length > 0 ? verification.checks : (last?.checks ?? [])
  return (
    <>
      <h1>{connection.data.name}</h1>
      <section className="card">
        <div className="row">
          <StatusBadge state={connection.data.state} />
          <span className="mono">{placeOf(connection.data.location)}</span>
          <Button className="push" color="teal.9" onClick={verification.start} loading={verification.running}>
            Verify configuration
          </Button>
        </div>
        {last ? <ChainRow chain={last.chain} /> : <p className="quiet">Not verified yet.</p>}
        {last?.redSince ? <p className="quiet">Red since {when(last.redSince)}.</p> : null}
        {last?.sessionValidUntil ? (
          <Alert color="yellow" mt="sm">
            A session issued earlier still works until {when(last.sessionValidUntil)}; deliveries stop then.
          </Alert>
        ) : null}
        {verification.error ? <Trouble error={verification.error} /> : null}
      </section>
      {last?.diagnosis && !verification.running ? <DiagnosisView diagnosis={last.diagnosis} /> : null}
      {checks.length > 0 ? (
        <section className="card">
          <h2>Checks</h2>
          <CheckList checks={checks} />
        </section>
      ) : null}
      {connection.data.authentication.kind === 'role' && last ? <ExplainWithPolicies name={name} /> : null}
      <Facts connection={connection.data} />
      <Kit name={name} />
    </>
  )
}

function Facts({ connection }: { readonly connection: Connection }) {
  const { authentication } = connection
  return (
    <section className="card">
      <h2>How we get in</h2>
      {authentication.kind === 'role' ? (
        <dl className="facts">
          <dt>role</dt>
          <dd className="mono">{authentication.roleArn}</dd>
          <dt>External ID</dt>
          <dd className="mono">
            {authentication.externalId ?? 'none'} <span className="quiet">({authentication.externalIdOrigin})</span>
          </dd>
          <dt>STS region</dt>
          <dd className="mono">{authentication.stsRegion}</dd>
        </dl>
      ) : null}
      {authentication.kind === 'sas' ? (
        <dl className="facts">
          <dt>SAS token</dt>
          <dd className="mono">
            fingerprint {authentication.fingerprint}, permissions {authentication.permissions}
          </dd>
          <dt>expires</dt>
          <dd>{authentication.expiresAt ? when(authentication.expiresAt) : 'by its stored access policy'}</dd>
        </dl>
      ) : null}
      <dl className="facts">
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

function Kit({ name }: { readonly name: string }) {
  const [open, setOpen] = useState(false)
  const kit = useKit(name, open)
  return (
    <section className="card">
      <div className="row">
        <h2>Set-up kit</h2>
        <Button className="push" variant="default" onClick={() => setOpen(!open)}>
          {open ? 'Hide' : 'Show'}
        </Button>
      </div>
      {open && kit.error ? <Trouble error={kit.error} /> : null}
      {open && kit.data ? <KitFiles kit={kit.data} /> : null}
    </section>
  )
}

function KitFiles({ kit }: { readonly kit: SetupKit }) {
  return (
    <>
      <p className="quiet">
        Principal <span className="mono">{kit.principal}</span>, egress {kit.egress}
      </p>
      {kit.files.map((file) => (
        <details key={file.path}>
          <summary>
            <span className="mono">{file.path}</span> <span className="quiet">{file.purpose}</span>
          </summary>
          <Code block>{file.text}</Code>
        </details>
      ))}
    </>
  )
}
