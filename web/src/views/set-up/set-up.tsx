/** Setting a connection up, from nothing to green: where and what for, the kit for the customer, what came back, and the first verification. */
import { Button } from '@mantine/core'
import { useConnectionAddition, useDraft, useMayConnect } from '../../api.ts'
import { connectionAddress } from '../../router.ts'
import { PageTitle } from '../../ui/page-title.tsx'
import { Trouble } from '../../ui/trouble.tsx'
import { KitFiles } from '../kit.tsx'
import { beginFirstVerification } from '../overview.tsx'
import { ComeBack } from './come-back.tsx'
import { draftOf, inputOf, type Made } from './form.ts'
import { type KeptDraft, useKeptDraft } from './kept-draft.ts'
import { PlaceForm } from './place-form.tsx'

export function SetUpView() {
  const mayConnect = useMayConnect()
  return (
    <>
      <PageTitle text="Set up a connection" />
      {mayConnect ? (
        <Steps />
      ) : (
        <p className="card">
          You may look at connections here, but not add any. Whoever runs this deployment gives the right{' '}
          <code className="mono">connect</code>.
        </p>
      )}
    </>
  )
}

function Steps() {
  const [kept, keep] = useKeptDraft()
  const draft = useDraft()
  const addition = useConnectionAddition()
  const { form, reserved } = kept
  const showKit = async (): Promise<void> => {
    const needsReservation = form.way === 'role' && form.adoptExternalId.trim() === ''
    const next: KeptDraft = { form, reserved: needsReservation ? (reserved ?? (await draft.reserve())) : reserved }
    keep(next)
    draft.show(draftOf(form, next.reserved?.reservation ?? null))
  }
  const save = async (made: Made): Promise<void> => {
    const connection = await addition.mutateAsync(inputOf(form, reserved?.reservation ?? null, made))
    keep(null)
    beginFirstVerification(connection.name)
    window.location.assign(connectionAddress(connection.name))
  }
  return (
    <>
      <PlaceForm
        form={form}
        busy={draft.isPending}
        onChange={(changed) => {
          // The kit below would show another connection than the one that is typed now.
          draft.forget()
          keep({ form: changed, reserved })
        }}
        // The errors of both are shown below.
        onContinue={() => void showKit().catch(() => {})}
      />
      {draft.error ? <Trouble error={draft.error} /> : null}
      {draft.kit ? (
        <>
          <section aria-label="what the customer needs">
            <h2>2. What the customer needs</h2>
            <p className="quiet">
              Nothing is saved yet; this page keeps what you typed. Hand the kit to the customer’s administrator, who
              applies it in one of its formats. The External ID stays the same when you come back.
            </p>
            <KitFiles kit={draft.kit} />
          </section>
          <ComeBack
            way={form.way}
            busy={addition.isPending}
            error={addition.error}
            onSave={(made) => void save(made).catch(() => {})}
          />
        </>
      ) : null}
      {reserved === null ? null : (
        <Button variant="subtle" color="gray" onClick={() => keep(null)}>
          Start afresh, with another External ID
        </Button>
      )}
    </>
  )
}
