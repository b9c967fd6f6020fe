/** The customer's consent to the one probe that goes beside the root path: what it does stands above the switch. */
import { Button, Switch } from '@mantine/core'
import type { Connection } from '../../../src/contract/index.ts'
import { useConsent, useMayConnect } from '../api.ts'
import { good } from '../ui/colours.ts'
import { Trouble } from '../ui/trouble.tsx'

interface Props {
  readonly connection: Connection
  /** Verifies now; `outsideRoot`: with the probe, this once. */
  readonly onVerify: (outsideRoot?: boolean) => void
  readonly isVerifying: boolean
}

/** Whether there is anything beside the root path that a write could be tried on. */
export function hasOutside({ location, purpose }: Connection): boolean {
  return location.service === 's3' && location.rootPath !== '' && purpose !== 'source'
}

export function ConsentSwitch({ connection, onVerify, isVerifying }: Props) {
  const { name, location, writing } = connection
  const consent = useConsent(name)
  const mayConnect = useMayConnect()
  const isGiven = writing.probeOutsideRoot === true
  return (
    <section className="card" aria-label="beside the root path">
      <h2>Beside the root path</h2>
      <p className="quiet">
        Whether we could write beside <code className="mono">{location.rootPath}</code> is known only by trying. With
        the customer’s consent each verification, those of the watch too, sends one write there whose bytes are not the
        announced ones: a bucket that refuses us does so before it reads them, and one that lets us write refuses them
        for their hash. Nothing is stored either way; the customer’s logs show the request. Without consent this part of{' '}
        <code className="mono">outside-root-refused</code> stays unknown, and a verification can be green all the same;
        only a role that lets us write there is found without it, by a part for an upload that does not exist.
      </p>
      <div className="row actions">
        <Switch
          label="The customer agrees that every verification tries it"
          color={good}
          checked={isGiven}
          disabled={!mayConnect || consent.isPending || isVerifying}
          onChange={(event) => consent.mutate(event.currentTarget.checked, { onSuccess: () => onVerify() })}
        />
        {isGiven ? null : (
          <Button
            className="push"
            size="xs"
            variant="default"
            disabled={consent.isPending}
            loading={isVerifying}
            onClick={() => onVerify(true)}
          >
            They agree this once: verify with it
          </Button>
        )}
      </div>
      {consent.error ? <Trouble error={consent.error} /> : null}
    </section>
  )
}
