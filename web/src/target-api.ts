/** The questions that the views ask about targets, canaries and the spool. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { client } from './api.ts'

const oftenMs = 5_000

export function useTargets() {
  return useQuery({
    queryKey: ['targets'],
    queryFn: async ({ signal }) => (await client.target.list({}, { signal })).targets,
    refetchInterval: oftenMs,
  })
}

export function useTarget(connection: string) {
  return useQuery({
    queryKey: ['targets', connection],
    queryFn: ({ signal }) => client.target.show({ connection }, { signal }),
    refetchInterval: oftenMs,
  })
}

export function useSpool() {
  return useQuery({
    queryKey: ['spool'],
    queryFn: ({ signal }) => client.spool.show({}, { signal }),
    refetchInterval: oftenMs,
  })
}

/** Sends a canary on a route now, and says how often they go from now on. */
export function useCanaries(name: string) {
  const queries = useQueryClient()
  const onSettled = () => queries.invalidateQueries({ queryKey: ['routes'] })
  return {
    send: useMutation({ mutationFn: () => client.route.canary({ name }), onSettled }),
    pace: useMutation({ mutationFn: (everyHours: number) => client.route.canaries({ name, everyHours }), onSettled }),
  }
}
