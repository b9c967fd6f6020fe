/** Random set-up models for property tests: every purpose, partition and option, with awkward root paths. */
import fc from 'fast-check'
import type { SetupModel } from '../model.ts'

const segment = fc.string({
  unit: fc.constantFrom('a', 'Z', '7', '-', '_', '.', '*', '?', '$', '{', '}', ':', '=', 'ü', '€'),
  minLength: 1,
  maxLength: 12,
})
const account = fc.integer({ min: 0, max: 999_999_999_999 }).map((number) => String(number).padStart(12, '0'))

/** Any model that the contract's connection could lead to. */
export const setupModel: fc.Arbitrary<SetupModel> = fc
  .record({
    partition: fc.constantFrom('aws' as const, 'aws-cn' as const, 'aws-us-gov' as const),
    purpose: fc.constantFrom('source' as const, 'enrichment' as const, 'export' as const),
    bucket: fc.stringMatching(/^[a-z0-9][a-z0-9-]{1,40}[a-z0-9]$/),
    rootPath: fc.array(segment, { maxLength: 5 }).map((parts) => parts.map((part) => `${part}/`).join('')),
    customer: account,
    bucketOwner: fc.option(account),
    vendor: account,
    externalId: fc.option(fc.stringMatching(/^[\w+=,.@:/-]{2,64}$/)),
    keyOwner: fc.option(account),
    hasKey: fc.boolean(),
    acl: fc.boolean(),
    resume: fc.boolean(),
    sessionTagKeys: fc.uniqueArray(fc.constantFrom('Team', 'Department', 'cost-centre', 'a/b'), { maxLength: 4 }),
    sourceIdentity: fc.boolean(),
  })
  .map(({ customer, vendor, keyOwner, hasKey, bucketOwner, ...rest }) => ({
    ...rest,
    bucketOwner: bucketOwner ?? customer,
    roleArn: `arn:${rest.partition}:iam::${customer}:role/team/drawbridge-acme`,
    vendorPrincipalArn: `arn:${rest.partition}:iam::${vendor}:role/drawbridge-base`,
    kmsKeyArn: hasKey ? `arn:${rest.partition}:kms:eu-central-1:${keyOwner ?? customer}:key/0a1b2c3d` : null,
  }))
