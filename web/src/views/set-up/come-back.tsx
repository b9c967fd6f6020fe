/** The last step of a set-up: what the customer made is typed in, the connection is saved and tried. */
import { Button } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { good } from '../../ui/colours.ts'
import { Line, SecretLine } from '../../ui/line.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import type { Form, Made } from './form.ts'

interface Props {
  readonly way: Form['way']
  readonly busy: boolean
  readonly error: Error | null
  readonly onSave: (made: Made) => void
}

export function ComeBack({ way, busy, error, onSave }: Props) {
  const [made, setMade] = useState<Made>({ roleArn: '', accessKeyId: '', secretAccessKey: '', sasToken: '' })
  const set = (part: Partial<Made>): void => setMade({ ...made, ...part })
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    onSave(made)
  }
  return (
    <form onSubmit={submit} className="card" aria-label="what the customer made">
      <h2>3. What the customer made</h2>
      <div className="boxes">
        {way === 'role' ? (
          <Line
            label="Role ARN"
            description="As the customer sends it; empty when the kit was applied as it is"
            placeholder="arn:aws:iam::123456789012:role/name"
            value={made.roleArn}
            onText={(roleArn) => set({ roleArn })}
          />
        ) : null}
        {way === 'sas' ? (
          <SecretLine label="SAS token" value={made.sasToken} onText={(sasToken) => set({ sasToken })} />
        ) : null}
        {way === 'access-key' ? (
          <>
            <Line
              label="Access key id"
              required
              autoComplete="off"
              value={made.accessKeyId}
              onText={(accessKeyId) => set({ accessKeyId })}
            />
            <SecretLine
              label="Secret access key"
              value={made.secretAccessKey}
              onText={(secretAccessKey) => set({ secretAccessKey })}
            />
          </>
        ) : null}
      </div>
      <Button type="submit" mt="md" color={good} loading={busy}>
        Save and verify
      </Button>
      {error ? <Trouble error={error} /> : null}
    </form>
  )
}
