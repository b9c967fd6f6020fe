/** The pages' way to the service: the client that follows from the contract, and the questions the views ask of it. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import {
  type Check,
  type ConnectionDraft,
  type ConnectionInput,
  createClient,
  type OperationInput,
  type Verification,
  type VerificationWait,
} from '../../src/contract/index.ts'
import type { ObjectProgress } from './ui/progress-bar.tsx'

/** The client that follows from the contract. */
export const client = createClient(window.location.origin)

/** Where signing in begins; the reader comes back to the same page. */
export function signInAddress(): string {
  return `/auth/sign-in?return=${encodeURIComponent(`/${window.location.hash}`)}`
}

/** Ends the session of this browser, or of every browser of the same person. */
export async function signOut(everywhere: boolean): Promise<void> {
  await fetch(everywhere ? '/auth/sign-out?everywhere' : '/auth/sign-out', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  window.location.assign('/')
}

/** Whether an error says that nobody is signed in. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'unauthenticated'
}

/** Whether an error says that the service did not answer at all, or only a proxy in front of it did. */
export function isUnreachable(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false
  return error.code === 'unavailable' || error.code === 'protocol-broken'
}

/** Who is signed in and what is running; asked for all the time, so that a page notices when the service has gone. */
export function useStatus() {
  return useQuery({
    queryKey: ['status'],
    queryFn: ({ signal }) => client.service.status({}, { signal }),
    refetchInterval: (query) => (isUnreachable(query.state.error) ? 2_000 : 10_000),
  })
}

export function useConnections() {
  return useQuery({
    queryKey: ['connections'],
    queryFn: async ({ signal }) => (await client.connection.list({}, { signal })).connections,
  })
}

export function useConnection(name: string) {
  return useQuery({
    queryKey: ['connections', name],
    queryFn: ({ signal }) => client.connection.show({ name }, { signal }),
  })
}

/** Whether the reader may change connections and routes. */
export function useMayConnect(): boolean {
  return useStatus().data?.signedIn.rights.includes('connect') === true
}

/** Whether the reader may deliver, verify, and run what is planned. */
export function useMayOperate(): boolean {
  return useStatus().data?.signedIn.rights.includes('operate') === true
}

/** Reserves an External ID, and shows the kit of a connection that is not saved yet. */
export function useDraft() {
  const reservation = useMutation({ mutationFn: () => client.connection.prepare({}) })
  const draft = useMutation({ mutationFn: (input: ConnectionDraft) => client.connection.draft(input) })
  return {
    reserve: () => reservation.mutateAsync(),
    show: (input: ConnectionDraft) => draft.mutate(input),
    forget: () => draft.reset(),
    kit: draft.data,
    error: reservation.error ?? draft.error,
    isPending: reservation.isPending || draft.isPending,
  }
}

export function useConnectionAddition() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (input: ConnectionInput) => client.connection.add(input),
    onSettled: () => queries.invalidateQueries({ queryKey: ['connections'] }),
  })
}

/** Keeps whether the customer agrees to the probe beside the root path. */
export function useConsent(name: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (probeOutsideRoot: boolean) => client.connection.change({ name, writing: { probeOutsideRoot } }),
    onSuccess: (connection) => queries.setQueryData(['connections', name], connection),
  })
}

/** Sends one small report to a connection alone. */
export function useProof(name: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (file: File) => {
      const { upload } = await client.upload(file.name, file)
      return await client.connection.prove({ name, upload })
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['deliveries'] }),
  })
}

export function useKit(name: string, wanted: boolean) {
  return useQuery({
    queryKey: ['kit', name],
    queryFn: ({ signal }) => client.connection.kit({ name }, { signal }),
    enabled: wanted,
  })
}

export function useRoutes() {
  return useQuery({
    queryKey: ['routes'],
    queryFn: async ({ signal }) => (await client.route.list({}, { signal })).routes,
    refetchInterval: 10_000,
  })
}

export function useSwitch(name: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (primary: string) => client.route.switch({ name, primary }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['routes'] }),
  })
}

export function useRouteAddition() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (route: OperationInput<'route.add'>) => client.route.add(route),
    onSettled: () => queries.invalidateQueries({ queryKey: ['routes'] }),
  })
}

/** Deliveries move by themselves while they wait, so the list is asked again every few seconds. */
export function useDeliveries() {
  return useQuery({
    queryKey: ['deliveries'],
    queryFn: async ({ signal }) => (await client.delivery.list({}, { signal })).deliveries,
    refetchInterval: 3_000,
  })
}

export function useDelivery(id: string) {
  return useQuery({
    queryKey: ['deliveries', id],
    queryFn: ({ signal }) => client.delivery.show({ id }, { signal }),
    refetchInterval: 3_000,
  })
}

/** Follows a delivery that is on its way, by events; gives what is told of its objects, by their keys. */
export function useProgress(id: string, isMoving: boolean): ReadonlyMap<string, ObjectProgress> {
  const queries = useQueryClient()
  const [progress, setProgress] = useState<ReadonlyMap<string, ObjectProgress>>(new Map())
  useEffect(() => {
    if (!isMoving) return
    const stop = new AbortController()
    let again: ReturnType<typeof setTimeout> | undefined
    const follow = async (): Promise<void> => {
      for await (const event of client.delivery.follow({ id }, { signal: stop.signal })) {
        if (event.type === 'delivery') queries.setQueryData(['deliveries', id], event.delivery)
        else setProgress((before) => new Map(before).set(`${event.connection} ${event.key}`, event))
      }
    }
    // When the events break off, the service has gone for a moment: it is asked again.
    const begin = (): void => {
      follow().catch(() => {
        if (!stop.signal.aborted) again = setTimeout(begin, 2_000)
      })
    }
    begin()
    return () => {
      stop.abort()
      clearTimeout(again)
    }
  }, [id, isMoving, queries])
  return progress
}

export function useRetry(id: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: () => client.delivery.retry({ id }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['deliveries'] }),
  })
}

export function useHistory(name: string) {
  return useQuery({
    queryKey: ['connections', name, 'history'],
    queryFn: async ({ signal }) => (await client.connection.history({ name, limit: 200 }, { signal })).entries,
    refetchInterval: 30_000,
  })
}

export function useAlerts() {
  return useQuery({
    queryKey: ['alerts'],
    queryFn: ({ signal }) => client.alert.list({}, { signal }),
    refetchInterval: 10_000,
  })
}

export function useTickets() {
  return useQuery({
    queryKey: ['tickets'],
    queryFn: async ({ signal }) => (await client.ticket.list({}, { signal })).tickets,
    refetchInterval: 10_000,
  })
}

export function useTicket(id: string) {
  return useQuery({
    queryKey: ['tickets', id],
    queryFn: ({ signal }) => client.ticket.show({ id }, { signal }),
    refetchInterval: 10_000,
  })
}

/** Makes a ticket of a connection's trouble, or of the refusal of one delivery. */
export function useTicketCreation() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (about: { readonly connection: string; readonly delivery?: string }) => client.ticket.create(about),
    onSettled: () => queries.invalidateQueries({ queryKey: ['tickets'] }),
  })
}

/** Tries planned policies. */
export function usePlanTrial(name: string) {
  return useMutation({
    mutationFn: ({ permissions, ...texts }: Readonly<Record<string, string>>) =>
      client.connection.whatif({
        name,
        planned: { ...texts, ...(permissions === undefined ? {} : { permissions: [permissions] }) },
      }),
  })
}

export function useCancel(id: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: () => client.delivery.cancel({ id }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['deliveries'] }),
  })
}

export function useReceipt(id: string) {
  return useMutation({
    mutationFn: (connection: string) => client.receipt.show({ id, connection }),
  })
}

/** Runs a verification and gives its checks as they end; one begins by itself where the page `startsAtOnce`. */
export function useVerification(name: string, startsAtOnce = false) {
  const queries = useQueryClient()
  const [checks, setChecks] = useState<readonly Check[]>([])
  const [done, setDone] = useState<Verification | null>(null)
  const [wait, setWait] = useState<VerificationWait | null>(null)
  const run = useMutation({
    mutationFn: async (outsideRoot: boolean | undefined) => {
      setWait(null)
      setChecks([])
      setDone(null)
      for await (const event of await client.connection.verify({
        name,
        ...(outsideRoot === undefined ? {} : { outsideRoot }),
      })) {
        if (event.type !== 'wait') setWait(null)
        if (event.type === 'check') setChecks((before) => [...before, event.check])
        else if (event.type === 'wait') setWait(event.wait)
        else setDone(event.verification)
      }
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['connections'] }),
  })
  const isBegun = useRef(false)
  const { mutate } = run
  useEffect(() => {
    if (!startsAtOnce || isBegun.current) return
    isBegun.current = true
    mutate(undefined)
  }, [startsAtOnce, mutate])
  return {
    start: (outsideRoot?: boolean) => run.mutate(outsideRoot),
    running: run.isPending,
    error: run.error,
    checks,
    wait,
    done,
  }
}

/** Explains a refusal of this connection with policies that were pasted. */
export function useExplanation(name: string) {
  return useMutation({
    mutationFn: ({ permissions, ...texts }: Readonly<Record<string, string>>) =>
      client.diagnosis.explain({
        connection: name,
        policies: { ...texts, ...(permissions === undefined ? {} : { permissions: [permissions] }) },
      }),
  })
}
