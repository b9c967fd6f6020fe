/** Adding a route: a name, a policy, and targets in their order. */
import { Button, NativeSelect } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import type { Connection } from '../../../src/contract/index.ts'
import { useRouteAddition } from '../api.ts'
import { good } from '../ui/colours.ts'
import { Line } from '../ui/line.tsx'
import { Trouble } from '../ui/trouble.tsx'

export function NewRoute({ connections }: { readonly connections: readonly Connection[] }) {
  const [name, setName] = useState('')
  const [policy, setPolicy] = useState<'failover' | 'mirror'>('failover')
  const [targets, setTargets] = useState<readonly string[]>([])
  const addition = useRouteAddition()
  const free = connections.filter((one) => one.purpose !== 'source' && !targets.includes(one.name))
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    addition.mutate(
      { name: name.trim(), policy, targets: [...targets] },
      {
        onSuccess: () => {
          setName('')
          setTargets([])
        },
      },
    )
  }
  return (
    <form onSubmit={submit} className="card" aria-label="add a route">
      <h2>Add a route</h2>
      <div className="boxes">
        <Line label="Name" required value={name} onText={setName} />
        <NativeSelect
          label="Policy"
          data={['failover', 'mirror']}
          value={policy}
          onChange={(event) => setPolicy(event.currentTarget.value === 'mirror' ? 'mirror' : 'failover')}
        />
        <NativeSelect
          label="Next target"
          data={[
            { value: '', label: free.length === 0 ? 'no connection is left' : 'choose one' },
            ...free.map((one) => ({ value: one.name, label: one.name })),
          ]}
          value=""
          onChange={(event) => setTargets([...targets, event.currentTarget.value])}
        />
      </div>
      {targets.length === 0 ? null : (
        <ol aria-label="targets in their order">
          {targets.map((target) => (
            <li key={target}>
              {target}{' '}
              <Button
                size="compact-xs"
                variant="default"
                aria-label={`Leave ${target} out`}
                onClick={() => setTargets(targets.filter((one) => one !== target))}
              >
                ×
              </Button>
            </li>
          ))}
        </ol>
      )}
      <Button type="submit" mt="md" color={good} disabled={targets.length === 0} loading={addition.isPending}>
        Add the route
      </Button>
      {addition.error ? <Trouble error={addition.error} /> : null}
    </form>
  )
}
