/** Tests of a connection that say something else than is true: green where the job will fail, or red where it would work. */
import type { Symptom } from '../symptom.ts'
import { pages } from './pages.ts'

const passes = ['check passes', 'test passes', 'check passed', 'test passed', 'test succeeded', 'verification passes']

export const misleadingTestSymptoms: readonly Symptom[] = [
  {
    id: 'condition-ignored',
    provider: 'aws',
    link: 'object',
    summary: 'the store does not honour conditional writes (`If-None-Match`), which a test with HEAD alone can not see',
    signs: [
      {
        any: ['conditional put', 'conditional write', 'conditional request', 'if-none-match'],
        not: ['precondition', '412', 'conditionalrequestconflict'],
        confidence: 'likely',
        because: 'the text speaks of a conditional write, and not of its refusal',
      },
    ],
    hints: ['s3-compatible', 'silently', 'ignored', 'overwritten', 'not supported'],
    repairs: [
      {
        side: 'theirs',
        summary: 'use a store that honours `If-None-Match`, or add versioning to the bucket',
        opens: 'nothing else',
      },
    ],
    nextStep: 'write the same key twice with `If-None-Match: *`: the second must be refused with 412',
    page: pages.conditionalWrites,
  },
  {
    id: 'nothing-to-read',
    provider: 'any',
    link: 'permissions',
    summary: 'the test wanted an object to read, and there is none yet: an empty place was taken for a missing right',
    signs: [
      {
        any: [
          'no file available',
          'no files available',
          'no file found',
          'no files found',
          'nothing to read',
          'bucket is empty',
        ],
        all: ['read'],
        confidence: 'likely',
        because: 'the text says that there is nothing to read',
      },
    ],
    hints: ['empty', 'new bucket', 'storage credential'],
    repairs: [
      {
        side: 'ours',
        summary: 'ask for an object that can not exist: 404 proves the right to list and to read',
        opens: 'nothing else',
      },
    ],
    nextStep: 'verify the connection: its check reads an empty place for what it is',
    page: pages.s3Denied,
  },
  {
    id: 'check-too-narrow',
    provider: 'any',
    link: 'permissions',
    summary: 'the test of the connection did not try what the job does, so it passed and the job is refused',
    signs: [
      {
        any: passes,
        confidence: 'likely',
        because: 'the test passed, and another operation is refused',
      },
    ],
    hints: ['then fails', 'but fails', 'still fails', 'later'],
    repairs: [
      {
        side: 'theirs',
        summary: 'allow the operation that the job was refused, as the set-up kit for its purpose does',
        opens: 'nothing else',
      },
    ],
    nextStep: 'verify the connection with its true purpose: every operation of the job is tried',
    page: pages.s3Denied,
  },
]
