/** How far one object is on its way: bytes, rate, and the time that is left. */
import { Progress } from '@mantine/core'
import type { DeliveryFollowEvent } from '../../../src/contract/index.ts'
import { size } from './words.ts'

export type ObjectProgress = Extract<DeliveryFollowEvent, { type: 'progress' }>

export function ProgressBar({ progress }: { readonly progress: ObjectProgress }) {
  const { key, bytesSent, sizeBytes, bytesPerSecond, secondsLeft } = progress
  const percent = sizeBytes === 0 ? 100 : Math.floor((100 * bytesSent) / sizeBytes)
  return (
    <div className="progress" data-progress={key}>
      <div className="row">
        <span className="mono">{key}</span>
        <span className="push quiet">{percent}%</span>
      </div>
      <Progress.Root mt={4} mb={4}>
        <Progress.Section value={percent} color="teal" aria-label={`${key} is sent`} />
      </Progress.Root>
      <span className="quiet">
        {size(bytesSent)} of {size(sizeBytes)}
        {bytesPerSecond === null ? ', waiting' : `, ${size(bytesPerSecond)}/s`}
        {secondsLeft === null ? null : `, ${duration(secondsLeft)} left`}
      </span>
    </div>
  )
}

function duration(seconds: number): string {
  if (seconds < 90) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 90 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`
}
