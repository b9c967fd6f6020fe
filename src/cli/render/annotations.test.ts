/** Annotations: at the right line of the right file, and nothing in them can begin a command of its own. */
import { describe, expect, it } from 'vitest'
import type { PlanCause, WhatIf } from '../../contract/index.ts'
import { annotationsOf, type PlannedFiles } from './annotations.ts'

const files: PlannedFiles = {
  trust: ['iam/trust.json'],
  permissions: ['iam/one.json', 'iam/two, with:signs.json'],
  boundary: [],
  bucket: [],
  key: [],
}

const cause: PlanCause = {
  id: 'missing-permission',
  effect: 'breaks',
  confidence: 'proved',
  link: 'permissions',
  summary: 'nothing allows 100% of it\n::error::evil\r',
  because: [],
  repairs: [],
  operations: ['s3:PutObject'],
}

function found(...causes: PlanCause[]): WhatIf {
  const chain = { service: 's3' as const, links: [] }
  return { connection: 'acme', status: 'fail', summary: 'all is well', chain, calls: [], causes, notSeen: [] }
}

describe('annotations', () => {
  it('stand at the line of the policy’s own file, escaped as the platform demands', () => {
    const place = { policy: 'permissions' as const, document: 1, line: 7, column: 3 }
    expect(annotationsOf(found({ ...cause, place }), files)).toEqual([
      '::error file=iam/two%2C with%3Asigns.json,line=7,col=3,title=drawbridge acme::nothing allows 100%25 of it%0A::error::evil?%0Acalls: s3:PutObject',
    ])
  })

  it('are warnings where a value is not known, and stand at the first file where there is no place', () => {
    const [line] = annotationsOf(found({ ...cause, effect: 'uncertain' }), files)
    expect(line).toMatch(/^::warning file=iam\/trust\.json,line=1,title=drawbridge acme::/)
  })

  it('are one notice when nothing breaks', () => {
    expect(annotationsOf(found(), files)).toEqual(['::notice title=drawbridge acme::all is well'])
  })
})
