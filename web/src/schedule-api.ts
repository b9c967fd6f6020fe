/** The questions that the views ask about schedules. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { OperationInput, ScheduleDetail } from '../../src/contract/index.ts'
import { client } from './api.ts'

export function useSchedules() {
  return useQuery({
    queryKey: ['schedules'],
    queryFn: async ({ signal }) => (await client.schedule.list({}, { signal })).schedules,
    refetchInterval: 10_000,
  })
}

export function useSchedule(name: string) {
  return useQuery({
    queryKey: ['schedules', name],
    queryFn: ({ signal }) => client.schedule.show({ name }, { signal }),
    refetchInterval: 5_000,
  })
}

/** The moments that a pattern names; asked for once it has five fields. */
export function usePreview(cron: string, timeZone: string) {
  return useQuery({
    queryKey: ['preview', cron, timeZone],
    queryFn: ({ signal }) => client.schedule.preview({ cron, timeZone }, { signal }),
    enabled: cron.trim().split(/\s+/).length === 5 && timeZone !== '',
    // What a pattern that is still being typed would mean is of no use to anybody.
    placeholderData: (before) => before,
  })
}

export function useScheduleCreation() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (schedule: OperationInput<'schedule.create'>) => client.schedule.create(schedule),
    onSettled: () => queries.invalidateQueries({ queryKey: ['schedules'] }),
  })
}

/** What can be asked of a schedule that there is; each answers with how it is afterwards. */
export function useScheduleActions(name: string) {
  const queries = useQueryClient()
  const onSettled = () => queries.invalidateQueries({ queryKey: ['schedules'] })
  const keep = (detail: ScheduleDetail): void => {
    queries.setQueryData(['schedules', name], detail)
  }
  return {
    pause: useMutation({ mutationFn: () => client.schedule.pause({ name }), onSettled }),
    resume: useMutation({ mutationFn: () => client.schedule.resume({ name }), onSettled }),
    run: useMutation({ mutationFn: () => client.schedule.run({ name }), onSuccess: keep, onSettled }),
    catchUp: useMutation({
      mutationFn: (slots: OperationInput<'schedule.catchup'>['slots']) => client.schedule.catchup({ name, slots }),
      onSuccess: keep,
      onSettled,
    }),
    remove: useMutation({
      mutationFn: () => client.schedule.remove({ name }),
      onSuccess: () => {
        queries.removeQueries({ queryKey: ['schedules', name] })
        window.location.assign('#/schedules')
      },
      onSettled,
    }),
  }
}
