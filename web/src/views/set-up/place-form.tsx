/** The first step of a set-up: what for, where, and how we get in. */
import { Button, Checkbox, NativeSelect, Textarea } from '@mantine/core'
import type { FormEvent } from 'react'
import { useStatus } from '../../api.ts'
import { good } from '../../ui/colours.ts'
import { Line } from '../../ui/line.tsx'
import type { Form, Way } from './form.ts'
import { waysOf } from './ways.ts'

const purposes = [
  { value: 'export', label: 'export: we write reports, and can read nothing' },
  { value: 'source', label: 'source: we read, and can write nothing' },
  { value: 'enrichment', label: 'enrichment: we read and write results' },
]

interface Props {
  readonly form: Form
  readonly onChange: (form: Form) => void
  readonly onContinue: () => void
  readonly busy: boolean
}

export function PlaceForm({ form, onChange, onContinue, busy }: Props) {
  const { options, note } = waysOf(useStatus().data?.offers)
  const set = (part: Partial<Form>): void => onChange({ ...form, ...part })
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    onContinue()
  }
  return (
    <form onSubmit={submit} className="card" aria-label="what for and where">
      <h2>1. What for, and where</h2>
      <div className="boxes">
        <Line
          label="Name"
          description="Lower-case letters, digits and hyphens"
          required
          pattern="[a-z0-9][a-z0-9\-]{0,62}"
          value={form.name}
          onText={(name) => set({ name })}
        />
        <NativeSelect
          label="Purpose"
          description="It fixes the permissions, and what must stay refused"
          data={purposes}
          value={form.purpose}
          onChange={(event) => set({ purpose: event.currentTarget.value as Form['purpose'] })}
        />
        <NativeSelect
          label="Way in"
          description={note}
          data={[...options]}
          value={form.way}
          onChange={(event) => set({ way: event.currentTarget.value as Way })}
        />
        <Line
          label="Root path"
          description="A folder inside, such as audit/exports/; empty for the whole"
          value={form.rootPath}
          onText={(rootPath) => set({ rootPath })}
        />
        {form.way === 'sas' ? <Container form={form} set={set} /> : <Bucket form={form} set={set} />}
      </div>
      <details className="more">
        <summary>More settings</summary>
        <MoreSettings form={form} set={set} />
      </details>
      <Button type="submit" mt="md" color={good} loading={busy}>
        Show what the customer needs
      </Button>
    </form>
  )
}

interface PartProps {
  readonly form: Form
  readonly set: (part: Partial<Form>) => void
}

function Container({ form, set }: PartProps) {
  return (
    <Line
      label="Container URL"
      description="https://account.blob.core.windows.net/container, without the token"
      required
      value={form.containerUrl}
      onText={(containerUrl) => set({ containerUrl })}
    />
  )
}

function Bucket({ form, set }: PartProps) {
  return (
    <>
      <Line
        label="Bucket"
        description="s3://bucket alone; a folder goes into the root path"
        required
        value={form.uri}
        onText={(uri) => set({ uri })}
      />
      <Line
        label="Region"
        description="Where the bucket is: eu-central-1"
        required
        value={form.region}
        onText={(region) => set({ region })}
      />
      <Line
        label="Bucket owner"
        description="The account, twelve digits; checked on every call"
        required
        inputMode="numeric"
        value={form.bucketOwner}
        onText={(bucketOwner) => set({ bucketOwner })}
      />
    </>
  )
}

function MoreSettings({ form, set }: PartProps) {
  const isWritten = form.purpose !== 'source'
  return (
    <div className="boxes actions">
      {form.way === 'sas' ? null : (
        <>
          {form.way === 'role' ? (
            <Textarea
              label="Session tags"
              description="One tag=claim a line, such as department=department; a ? at the end where the claim may be absent"
              autosize
              minRows={2}
              spellCheck={false}
              value={form.tags}
              onChange={(event) => set({ tags: event.currentTarget.value })}
            />
          ) : null}
          <Line
            label="KMS key"
            description="The full ARN of the key that encrypts what we write; empty for the bucket’s default"
            value={form.kmsKeyArn}
            onText={(kmsKeyArn) => set({ kmsKeyArn })}
          />
          <Line
            label="Endpoint"
            description="Only for stores that speak S3 and are not Amazon’s"
            value={form.endpoint}
            onText={(endpoint) => set({ endpoint })}
          />
          {form.way === 'role' ? (
            <Line
              label="Adopt an External ID"
              description="Only when one stands in a trust policy already; it is recorded with a warning"
              value={form.adoptExternalId}
              onText={(adoptExternalId) => set({ adoptExternalId })}
            />
          ) : null}
        </>
      )}
      {isWritten && form.way !== 'sas' ? (
        <div>
          <Checkbox
            label="Send the ACL bucket-owner-full-control"
            checked={form.sendAcl}
            onChange={(event) => set({ sendAcl: event.currentTarget.checked })}
          />
          <Checkbox
            mt="sm"
            label="Resume large uploads (needs the multipart rights)"
            checked={form.resume}
            onChange={(event) => set({ resume: event.currentTarget.checked })}
          />
        </div>
      ) : null}
    </div>
  )
}
