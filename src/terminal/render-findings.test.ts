/** Findings as a terminal shows them. */
import { expect, test } from 'vitest'
import { checkPolicy } from '../iam/index.ts'
import { renderFindings } from './render-findings.ts'

const text = `{
  "Version": "2012-10-17",
  "Statement": [{
    "Effect": "Allow",
    "Action": ["s3:ListBucket", "s3:GetObjekt"],
    "Resource": "arn:aws:s3:::acme"
  }]
}`

test('findings are shown as a compiler shows them', () => {
  expect(
    renderFindings(text, checkPolicy(text, { kind: 'identity' })),
  ).toBe(`error[action-unknown]: no action fits \`s3:GetObjekt\`; did you mean \`s3:GetObject\`?
  at line 5, column 33
  5 |     "Action": ["s3:ListBucket", "s3:GetObjekt"],
    |                                 ^^^^^^^^^^^^^^
  help: use an action from the service authorization reference
  see: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html

1 error
`)
})

test('findings of a value have a pointer instead', () => {
  const policy: unknown = JSON.parse(text)
  expect(renderFindings('', checkPolicy(policy, { kind: 'identity' }))).toContain('\n  at /Statement/0/Action/1\n')
})

test('no findings are said to be none', () => {
  const good = text.replace('"s3:ListBucket", "s3:GetObjekt"', '"s3:ListBucket"')
  expect(renderFindings(good, checkPolicy(good, { kind: 'identity' }))).toBe('no findings\n')
})

test('several findings are counted by severity', () => {
  const bad = text.replace('"s3:GetObjekt"', '"s3:GetObjekt", "s3:ListBucket", "s3:GetObjekts"')
  expect(renderFindings(bad, checkPolicy(bad, { kind: 'identity' }))).toMatch(/\n2 errors, 1 suggestion\n$/)
})
