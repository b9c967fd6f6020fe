/** What a question's answer looks like while it is awaited, when it failed, and when it is there. */
import { Loader } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Trouble } from './trouble.tsx'

/** Shows the answer; one that was there stays while it can not be asked for again. */
export function Loaded<Data>({
  query,
  children,
}: {
  readonly query: UseQueryResult<Data, Error>
  readonly children: (data: Data) => ReactNode
}) {
  if (query.data !== undefined) return children(query.data)
  if (query.error) return <Trouble error={query.error} onAgain={() => void query.refetch()} />
  return <Loading />
}

/** Says that something is awaited, to eyes and ears. */
export function Loading() {
  return (
    <div role="status" className="loading">
      <Loader size="sm" color="teal.7" aria-hidden="true" /> <span className="quiet">Loading …</span>
    </div>
  )
}
