/**
 * A set-up under way, kept in this browser: the customer takes days, and the External ID that was shown has to stay. It
 * holds no secret.
 */
import { useState } from 'react'
import { emptyForm, type Form } from './form.ts'

/** An External ID that is reserved, with who we are. */
export interface Reservation {
  readonly reservation: string
  readonly externalId: string
  readonly principal: string
  readonly egress: string
}

export interface KeptDraft {
  readonly form: Form
  readonly reserved: Reservation | null
}

const place = 'drawbridge.set-up'
const nothing: KeptDraft = { form: emptyForm, reserved: null }

/** The draft, and how to keep another one; null forgets it. */
export function useKeptDraft(): [KeptDraft, (draft: KeptDraft | null) => void] {
  const [draft, setDraft] = useState(read)
  return [
    draft,
    (next) => {
      setDraft(next ?? nothing)
      if (next === null) window.localStorage.removeItem(place)
      else window.localStorage.setItem(place, JSON.stringify(next))
    },
  ]
}

/** What another version of the page left behind is filled up, or passed over. */
function read(): KeptDraft {
  try {
    const kept: unknown = JSON.parse(window.localStorage.getItem(place) ?? 'null')
    if (typeof kept !== 'object' || kept === null || !('form' in kept) || !('reserved' in kept)) return nothing
    const { form, reserved } = kept as KeptDraft
    return { form: { ...emptyForm, ...form }, reserved }
  } catch {
    return nothing
  }
}
