/** What Drawbridge writes has no finding. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { accountOf, type PolicyDocument, policyText, writeSessionPolicy, writeSetupPolicies } from '../write/index.ts'
import { setupModel } from '../write/testing/setup-model.ts'
import { checkPolicy } from './check-policy.ts'
import type { PolicyKind } from './finding.ts'

describe('what Drawbridge writes', () => {
  test('has no finding, for any model, whatever is known beforehand', () => {
    fc.assert(
      fc.property(setupModel, fc.constantFrom('dynamic' as const, ['198.51.100.0/28'], []), (model, egress) => {
        const { trust, permissions, bucket, key, base } = writeSetupPolicies(model)
        const written: readonly (readonly [PolicyKind, PolicyDocument])[] = [
          ['trust', trust],
          ['identity', permissions],
          ['identity', base],
          ['bucket', bucket],
          ['session', writeSessionPolicy(model)],
          ...(key === null ? [] : [['key', key] as const]),
        ]
        const known = {
          ourPrincipal: model.vendorPrincipalArn,
          externalId: model.externalId,
          sessionTagKeys: model.sessionTagKeys,
          sourceIdentity: model.sourceIdentity,
          egress,
        }
        for (const [kind, policy] of written) {
          expect(checkPolicy(policy, { kind, ...known })).toEqual([])
          expect(checkPolicy(policyText(policy), { kind, ...known })).toEqual([])
        }
      }),
      { numRuns: 400 },
    )
  })

  test('has no finding where an ID token stands in the place of the External ID', () => {
    fc.assert(
      fc.property(setupModel, (model) => {
        const providerArn = `arn:aws:iam::${accountOf(model.roleArn)}:oidc-provider/login.example.com/path`
        const webIdentity = { providerArn, audience: 'sts.amazonaws.com', subject: 'drawbridge:acme:dbx_1' }
        const { trust } = writeSetupPolicies({
          ...model,
          vendorPrincipalArn: providerArn,
          externalId: null,
          webIdentity,
        })
        const { sessionTagKeys, sourceIdentity } = model
        expect(checkPolicy(trust, { kind: 'trust', externalId: null, sessionTagKeys, sourceIdentity })).toEqual([])
      }),
      { numRuns: 100 },
    )
  })

  test('has a finding as soon as one of the facts is another', () => {
    fc.assert(
      fc.property(setupModel, (model) => {
        const { trust } = writeSetupPolicies({
          ...model,
          externalId: 'dbx-1',
          sessionTagKeys: ['Team'],
          sourceIdentity: false,
        })
        const ids = (more: object): readonly string[] =>
          checkPolicy(trust, { kind: 'trust', externalId: 'dbx-1', ...more }).map(({ id }) => id)
        expect(ids({ ourPrincipal: `${model.vendorPrincipalArn}-2` })).toEqual(['vendor-missing'])
        expect(ids({ externalId: 'dbx-2' })).toEqual(['external-id-other'])
        expect(ids({ externalId: null })).toEqual(['external-id-other'])
        expect(ids({ sessionTagKeys: ['Team', 'Site'] })).toEqual(['tag-keys-other'])
        expect(ids({ sourceIdentity: true })).toEqual(['source-identity-missing'])
      }),
      { numRuns: 50 },
    )
  })
})
