/** What went wrong, for the reader. */

import { Alert, Button } from '@mantine/core'
import { isSignedOut, signInAddress } from '../api.ts'
import { good } from './colours.ts'
import { Prose } from './prose.tsx'

/** Says what went wrong; offers the sign-in when that is all that is missing, and `onAgain` where there is one. */
export function Trouble({ error, onAgain }: { readonly error: Error; readonly onAgain?: () => void }) {
  if (isSignedOut(error)) return <SignIn />
  const help = 'help' in error && typeof error.help === 'string' ? error.help : null
  return (
    <Alert color="red" title={<Prose text={error.message} />} mt="sm" role="alert">
      {help === null ? null : <Prose text={help} />}
      {onAgain === undefined ? null : (
        <div>
          <Button size="xs" variant="default" mt="xs" onClick={onAgain}>
            Try again
          </Button>
        </div>
      )}
    </Alert>
  )
}

function SignIn() {
  return (
    <section className="card">
      <h1>Drawbridge</h1>
      <p>Connections to storage that other people own, and the deliveries that go there.</p>
      <Button component="a" href={signInAddress()} color={good}>
        Sign in
      </Button>
    </section>
  )
}
