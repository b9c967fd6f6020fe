/** From a person's claims to session name, source identity and tags. */
import { describe, expect, it } from 'vitest'
import type { IdentityMapping } from '../../contract/index.ts'
import { mapIdentity, requireIdentity, type SignedInPerson } from './map-identity.ts'

const mapping: IdentityMapping = {
  sourceIdentityClaim: 'sub',
  tags: [
    { tag: 'Department', claim: 'dept', required: true },
    { tag: 'Site', claim: 'site', required: false },
  ],
}
const person = (claims: SignedInPerson['claims']): SignedInPerson => ({ issuer: 'https://id', subject: 'u-17', claims })

describe('mapIdentity', () => {
  it('makes tags of claims, and the subject the source identity and the session name', () => {
    expect(mapIdentity(mapping, person({ dept: 'quality', site: ['Basel'] }))).toEqual({
      ok: true,
      value: { tags: { Department: 'quality', Site: 'Basel' }, sourceIdentity: 'u-17', sessionName: 'u-17' },
    })
  })

  it('leaves optional claims out and names the required ones that are absent', () => {
    expect(mapIdentity(mapping, person({ dept: 'quality' }))).toMatchObject({
      value: { tags: { Department: 'quality' } },
    })
    expect(mapIdentity(mapping, person({ site: 'Basel' }))).toEqual({
      ok: false,
      error: { missing: ['dept'], unusable: [] },
    })
    expect(mapIdentity(mapping, person({ dept: '' }))).toMatchObject({ ok: false })
  })

  it('refuses several values, objects and characters that STS does not take, without repeating the value', () => {
    for (const dept of [['a', 'b'], { a: 1 }, 'a<b>', 'x'.repeat(257), 'line\nbreak']) {
      const mapped = mapIdentity(mapping, person({ dept }))
      if (mapped.ok) throw new Error('it was taken')
      expect(mapped.error.unusable).toHaveLength(1)
      expect(mapped.error.unusable[0]).toMatch(/^claim `dept` /)
      expect(mapped.error.unusable[0]).not.toContain('<b>')
    }
  })

  it('takes numbers and booleans as text, and nothing from the prototype', () => {
    expect(mapIdentity(mapping, person({ dept: 42 }))).toMatchObject({ value: { tags: { Department: '42' } } })
    const odd: IdentityMapping = {
      sourceIdentityClaim: 'sub',
      tags: [{ tag: '__proto__', claim: 'toString', required: true }],
    }
    expect(mapIdentity(odd, person({}))).toEqual({ ok: false, error: { missing: ['toString'], unusable: [] } })
  })

  it('throws claim-missing for whoever can not go on without', () => {
    expect(() => requireIdentity(mapping, person({}))).toThrow('the sign-in lacks the claim `dept`')
  })
})
