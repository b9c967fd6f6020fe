/** What of a delivery is still to be done, and when. Pure. */
import { type DeliveryRecord, type TargetRecord, wantedTargets } from './record.ts'

type Open = Pick<DeliveryRecord, 'policy' | 'targets'>

/** The targets behind the first that has the report, as far as they have not ended. */
export function behindTheFirst({ policy, targets }: Open): TargetRecord[] {
  if (policy === 'mirror') return []
  const first = targets.find((target) => target.state === 'delivered')
  if (first === undefined) return []
  return targets.filter(
    ({ position, state }) => position > first.position && !['delivered', 'skipped', 'cancelled'].includes(state),
  )
}

/** When the first open matter is due; null: nothing is left that is done by itself. */
export function nextDue(record: Open, now: string): string | null {
  const due = [...inPlay(record), ...behindTheFirst(record)].flatMap((target) => target.availableAt ?? [])
  for (const target of record.targets) {
    if (target.receipt === 'due' || target.sidecar === 'due') due.push(target.availableAt ?? now)
  }
  return due.sort()[0] ?? null
}

/** The targets that the next pass may try: of a failover route none behind one that has to be waited for. */
function inPlay(record: Open): TargetRecord[] {
  const tried: TargetRecord[] = []
  for (const target of wantedTargets(record)) {
    if (target.state === 'delivered') continue
    tried.push(target)
    const isWaitedFor = target.state === 'waiting' || target.state === 'sending'
    if (isWaitedFor && record.policy === 'failover') break
  }
  return tried
}
