/** What went wrong, for the reader. */
import { Alert, Button } from '@mantine/core'
import { isSignedOut, signInAddress } from '../api.ts'

/** Says what went wrong; offers the sign-in when that is all that is missing. */
export function Trouble({ error }: { readonly error: Error }) {
  if (isSignedOut(error)) {
    return (
      <section className="card">
        <h1>Drawbridge</h1>
        <p>Connections to storage that other people own, and the deliveries that go there.</p>
        <Button component="a" href={signInAddress()} color="teal.9">
          Sign in
        </Button>
      </section>
    )
  }
  const help = 'help' in error && typeof error.help === 'string' ? error.help : null
  return (
    <Alert color="red" title={error.message}>
      {help}
    </Alert>
  )
}
