/** Says when the service can not be reached, and when it is another version than the one that made this page. */
import { Alert, Button } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { isUnreachable, type useStatus } from '../api.ts'

/** Watches the status, which is asked for every few seconds; asks for everything anew once the service is back. */
export function LostService({ status }: { readonly status: ReturnType<typeof useStatus> }) {
  const queries = useQueryClient()
  const first = useRef<string | null>(null)
  const wasLost = useRef(false)
  const isLost = status.error !== null && isUnreachable(status.error)
  const version = status.data?.version
  first.current ??= version ?? null
  useEffect(() => {
    if (wasLost.current && !isLost) void queries.invalidateQueries()
    wasLost.current = isLost
  }, [isLost, queries])
  if (isLost) {
    return (
      <Alert color="yellow" title="The service can not be reached" mb="md" role="alert" data-service="lost">
        What is shown may be out of date. It is tried again every few seconds; nothing that was accepted is lost.
      </Alert>
    )
  }
  if (version !== undefined && first.current !== null && version !== first.current) {
    return (
      <Alert color="blue" title={`The service is now version ${version}`} mb="md" role="status">
        <Button size="xs" variant="default" onClick={() => window.location.reload()}>
          Load the new pages
        </Button>
      </Alert>
    )
  }
  return null
}
