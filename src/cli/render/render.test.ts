/** The pictures that the terminal shows: what stands where, with colours and without. */
import picocolors from 'picocolors'
import { describe, expect, it } from 'vitest'
import type { Chain, Diagnosis } from '../../contract/index.ts'
import { renderChain, wrap } from './chain.ts'
import { renderDiagnosis } from './diagnosis.ts'
import { renderTable, sizeText, visibleWidth } from './table.ts'

const plain = picocolors.createColors(false)
const colored = picocolors.createColors(true)

const refused: Chain = {
  service: 's3',
  links: [
    { id: 'person', status: 'pass', title: 'signed-in person', detail: 'u-17' },
    { id: 'base-identity', status: 'pass', title: 'base identity', detail: 'arn:aws:iam::111111111111:role/base' },
    {
      id: 'assume-role',
      status: 'fail',
      title: 'AssumeRole (trust policy)',
      detail: 'aws:SourceIp is 198.51.100.24 and must be in 203.0.113.0/24',
    },
    { id: 'session', status: 'skipped', title: 'session', detail: 'not reached' },
    { id: 'permissions', status: 'unknown', title: 'permissions', detail: 'not looked at' },
  ],
}

const diagnosis: Diagnosis = {
  view: 'administrator',
  operation: 'sts:AssumeRole',
  summary: 'the trust policy refuses our address',
  chain: refused,
  causes: [
    {
      id: 'trust-source-ip',
      confidence: 'proved',
      link: 'assume-role',
      summary: 'the trust policy demands an address that our calls do not come from',
      because: ['statement 0 would allow, were it not for aws:SourceIp'],
      statement: {
        policy: 'trust',
        index: 0,
        sid: 'AllowDrawbridge',
        effect: 'Allow',
        condition: {
          operator: 'IpAddress',
          key: 'aws:SourceIp',
          wanted: ['203.0.113.0/24'],
          actual: ['198.51.100.24'],
        },
      },
      repairs: [
        {
          side: 'theirs',
          summary: 'drop the condition on aws:SourceIp',
          opens: 'nothing else',
          patch: {
            policy: 'trust',
            operations: [{ op: 'remove', path: '/Statement/0/Condition/IpAddress' }],
            diff: '--- trust\n+++ trust\n@@ -1,2 +1,1 @@\n-  "IpAddress": {}\n+  "StringEquals": {}\n',
            after: {},
          },
          proved: true,
        },
      ],
    },
  ],
  ruledOut: ['the bucket policy: no call reached the bucket'],
  notSeen: ['service control policies'],
  nextStep: 'apply the repair and verify again',
}

describe('the chain', () => {
  it('stands in one row, each link with the mark of its state', () => {
    const [row] = renderChain(refused, 200, plain).split('\n')
    expect(row).toBe('● person ── ● base identity ── ✗ AssumeRole ── ○ session ── ? permissions')
  })

  it('opens the red link beneath its own mark', () => {
    const [row = '', hook = '', text = ''] = renderChain(refused, 200, plain).split('\n')
    expect(hook.indexOf('│')).toBe(row.indexOf('✗'))
    expect(text.trim()).toBe(
      '╰─ AssumeRole (trust policy): aws:SourceIp is 198.51.100.24 and must be in 203.0.113.0/24',
    )
  })

  it('takes no more room than the terminal has', () => {
    for (const columns of [60, 80, 100]) {
      for (const line of renderChain(refused, columns, colored).split('\n')) {
        expect(visibleWidth(line)).toBeLessThanOrEqual(columns)
      }
    }
  })

  it('says the same with colours as without', () => {
    const escapeSign = String.fromCharCode(27)
    const stripped = renderChain(refused, 100, colored).replace(new RegExp(`${escapeSign}\\[[0-9;]*m`, 'g'), '')
    expect(stripped).toBe(renderChain(refused, 100, plain))
    expect(renderChain(refused, 100, plain)).not.toContain(escapeSign)
  })

  it('shows control characters of strangers instead of obeying them', () => {
    const links: Chain['links'] = [{ id: 'object', status: 'fail', title: 'object', detail: 'a\u001b[2Jb' }]
    expect(renderChain({ service: 's3', links }, 80, plain)).toContain('a?[2Jb')
  })
})

describe('a diagnosis', () => {
  it('names confidence, statement, both values and the repair with its diff', () => {
    const text = renderDiagnosis(diagnosis, 100, plain)
    for (const part of [
      '1. proved at AssumeRole',
      'statement 0 `AllowDrawbridge` (Allow) of the trust policy',
      'wants 203.0.113.0/24',
      'was 198.51.100.24',
      'their side, proved to work',
      'opens: nothing else',
      '-  "IpAddress": {}',
      '+  "StringEquals": {}',
      'the bucket policy: no call reached the bucket',
      'apply the repair and verify again',
    ]) {
      expect(text).toContain(part)
    }
  })

  it('paints what goes red and what comes green', () => {
    const lines = renderDiagnosis(diagnosis, 100, colored).split('\n')
    expect(lines.find((line) => line.includes('"IpAddress"'))).toContain(colored.red('-  "IpAddress": {}'))
    expect(lines.find((line) => line.includes('"StringEquals"'))).toContain(colored.green('+  "StringEquals": {}'))
  })
})

describe('columns', () => {
  it('align by what is seen', () => {
    expect(
      renderTable([
        [colored.green('a'), 'b'],
        ['long', 'c'],
      ])
        .split('\n')
        .map(visibleWidth),
    ).toEqual([7, 7])
  })

  it('wraps at spaces and leaves long words whole', () => {
    expect(wrap('one two threefourfive six', 7)).toEqual(['one two', 'threefourfive', 'six'])
  })

  it('writes sizes as disks count', () => {
    expect([0, 999, 1000, 1_234_567, 200_000_000].map(sizeText)).toEqual(['0 B', '999 B', '1.0 kB', '1.2 MB', '200 MB'])
  })
})
