/** The ways in that the set-up page offers: those that this deployment can take, and the others with the reason. */
import type { AuthenticationOffer } from '../../../../src/contract/index.ts'
import type { Way } from './form.ts'

/** One entry of the list of ways. */
export interface WayOption {
  readonly value: Way
  readonly label: string
  readonly disabled: boolean
}

/** What the list shows, and one line below it; offers are absent while they are being asked for. */
export function waysOf(offers: readonly AuthenticationOffer[] | undefined): {
  readonly options: readonly WayOption[]
  readonly note: string
} {
  const offerOf = (mode: AuthenticationOffer['mode']) => offers?.find((offer) => offer.mode === mode)
  const role = offerOf('role')
  const byToken = role?.isOffered === false && offerOf('role-web-identity')?.isOffered === true
  const withheld = role?.isOffered === false && !byToken
  return {
    options: [
      {
        value: 'role',
        label: withheld
          ? 'Amazon S3 through an IAM role: not offered here'
          : `Amazon S3 through an IAM role (no secret changes hands${byToken ? '; opened by an ID token' : ''})`,
        disabled: withheld,
      },
      { value: 'access-key', label: 'Amazon S3 or compatible, with an access key', disabled: false },
      { value: 'sas', label: 'Azure Blob Storage with a SAS token', disabled: false },
    ],
    note: withheld
      ? `A role is not offered: ${role.reason ?? 'this deployment can not assume one'}`
      : 'A role is best: its sessions end by themselves',
  }
}
