/** The operations of the policy language: they work on files alone and need no service. */
import { z } from 'zod'
import { purpose } from './connection.ts'
import { defineOperation } from './operation.ts'

/** What one file came to: for people as text, for machines as data. */
const fileResults = z.object({
  results: z.array(
    z.object({
      file: z.string(),
      name: z.string(),
      /** False: findings that matter, a call that is refused, no repair found, a verdict that changes. */
      ok: z.boolean(),
      text: z.string(),
      data: z.json(),
    }),
  ),
})

const callFiles = z.object({ calls: z.array(z.string()).min(1) })

export const policyKind = z.enum(['trust', 'identity', 'bucket', 'key', 'scp', 'rcp', 'session', 'boundary'])

export const policyOperations = {
  'policy.evaluate': defineOperation({
    name: 'policy.evaluate',
    summary: 'Evaluates cases: a request against a set of policies, with the expected decision.',
    right: 'local',
    cli: { words: ['policy', 'evaluate'], example: 'drawbridge policy evaluate cases/*.json' },
    input: z.object({ cases: z.array(z.string()).min(1) }),
    output: z.object({ results: z.array(z.json()) }),
    errors: ['input-invalid'],
  }),
  'policy.check': defineOperation({
    name: 'policy.check',
    summary: 'Checks policies: what is misspelt, what can not work, and what opens more than it should.',
    right: 'local',
    cli: { words: ['policy', 'check'], example: 'drawbridge policy check trust-policy.json --kind trust' },
    input: z.object({
      files: z.array(z.string()).min(1),
      kind: policyKind,
      /** Our principal, which a trust policy must name. */
      ourPrincipal: z.string().optional(),
      /** The External ID that we send. */
      externalId: z.string().optional(),
      /** The session tags that we send, for which a trust policy must allow sts:TagSession. */
      sessionTagKeys: z.array(z.string()).optional(),
      /** From where our calls come: `dynamic`, or CIDRs. */
      egress: z.union([z.literal('dynamic'), z.array(z.string())]).optional(),
    }),
    output: fileResults,
    errors: ['report-unreadable'],
  }),
  'policy.explain': defineOperation({
    name: 'policy.explain',
    summary: 'Explains the verdict on an API call: the deciding statement, what did not match, what was nearest.',
    right: 'local',
    cli: { words: ['policy', 'explain'], example: 'drawbridge policy explain call.json' },
    input: callFiles,
    output: fileResults,
    errors: ['report-unreadable', 'input-invalid'],
  }),
  'policy.repair': defineOperation({
    name: 'policy.repair',
    summary: 'Proposes the smallest changes that allow a refused call, each tried before it is named.',
    right: 'local',
    cli: { words: ['policy', 'repair'], example: 'drawbridge policy repair call.json' },
    input: callFiles,
    output: fileResults,
    errors: ['report-unreadable', 'input-invalid'],
  }),
  'policy.compare': defineOperation({
    name: 'policy.compare',
    summary: 'Compares two versions of policies: which calls change their verdict, and through which statement.',
    right: 'local',
    cli: { words: ['policy', 'compare'], example: 'drawbridge policy compare call-with-before.json' },
    input: callFiles,
    output: fileResults,
    errors: ['report-unreadable', 'input-invalid'],
  }),
  'policy.write': defineOperation({
    name: 'policy.write',
    summary: 'Writes the least-privilege policies of both sides for a purpose and a place.',
    right: 'local',
    cli: {
      words: ['policy', 'write'],
      example:
        'drawbridge policy write --purpose export --bucket acme-audit --bucket-owner 222222222222 --our-principal arn:aws:iam::111111111111:role/base --external-id dbx_example',
    },
    input: z.object({
      purpose,
      bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'a bucket name'),
      rootPath: z.string().default(''),
      bucketOwner: z.string().regex(/^\d{12}$/, 'twelve digits'),
      ourPrincipal: z.string().regex(/^arn:[\w-]+:iam::\d{12}:(role|user)\/\S+$/, 'the ARN of a role or a user'),
      /** Absent: none, which is right only for a role in our own account. */
      externalId: z.string().min(2).optional(),
      roleArn: z.string().optional(),
      kmsKeyArn: z.string().optional(),
      /** The session tags that we may send. */
      sessionTagKeys: z.array(z.string()).default([]),
      acl: z.boolean().default(false),
      resume: z.boolean().default(false),
    }),
    output: z.object({ policies: z.record(z.string(), z.json()) }),
    errors: ['input-invalid'],
  }),
} as const
