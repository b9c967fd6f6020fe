/** What the set-up page offers follows what the deployment can do; the offers come from the same rules as the refusals. */
import { expect, test } from 'vitest'
import { authenticationOffers } from '../src/connection/index.ts'
import { makeContext, makeTokens } from '../src/connection/testing/surroundings.ts'
import { waysOf } from '../web/src/views/set-up/ways.ts'

const roleOn = (change: Parameters<typeof makeContext>[0]) => {
  const { options, note } = waysOf(authenticationOffers(makeContext(change)))
  const [role] = options
  return { disabled: role?.disabled, label: role?.label, note }
}

test('a role is offered on AWS and on machines of one’s own', () => {
  for (const hosting of ['aws', 'local', 'onprem'] as const) {
    expect(roleOn({ hosting })).toMatchObject({
      disabled: false,
      note: 'A role is best: its sessions end by themselves',
    })
  }
})

test('on another cloud it is withheld, with the reason', () => {
  const { disabled, note } = roleOn({ hosting: 'azure' })
  expect([disabled, note]).toEqual([true, expect.stringContaining('this deployment runs on Azure')])
})

test('and with ID tokens it is offered there too, and said how', () => {
  const { disabled, label } = roleOn({ hosting: 'azure', tokens: makeTokens() })
  expect([disabled, label]).toEqual([false, expect.stringContaining('opened by an ID token')])
})

test('nothing is withheld while the deployment has not answered', () => {
  expect(waysOf(undefined).options.every(({ disabled }) => !disabled)).toBe(true)
})
