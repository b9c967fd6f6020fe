/** A ticket's data: nothing of a stranger's ends the element it stands in, and nothing secret is in it. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Diagnosis, Ticket } from '../../contract/index.ts'
import { dana, makeConnection, makeContext, principalArn } from '../testing/surroundings.ts'
import { dataPlaceholder, fillTemplate } from './fill-template.ts'
import { type RepairTicketPage, ticketPageOf } from './ticket-page.ts'

const context = makeContext()
const ticket: Ticket = {
  id: 'tck_1',
  connection: 'acme',
  createdAt: '2026-11-02T10:00:00.000Z',
  closedAt: null,
  summary: 'refused',
  link: 'assume-role',
  cause: null,
}
const diagnosis: Diagnosis = {
  view: 'vendor',
  operation: 'sts:AssumeRole',
  summary: 'refused',
  chain: { service: 's3', links: [] },
  causes: [],
  ruledOut: [],
  notSeen: [],
}
const template = `<script type="application/json">${dataPlaceholder}</script><p>after</p>`

async function pageOf(change: Parameters<typeof makeConnection>[0] = {}): Promise<RepairTicketPage> {
  return ticketPageOf(ticket, await makeConnection(change, context), dana, diagnosis, context)
}

describe('the data of a ticket', () => {
  it('comes out of the page as it went in, whatever a stranger wrote', async () => {
    const page = await pageOf()
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('</script>', '<!--<script>', ']]>', '$&$1', '\u2028')),
        (summary) => {
          const html = fillTemplate(template, { ...page, diagnosis: { ...diagnosis, summary } })
          const [before, after] = ['<script type="application/json">', '</script><p>after</p>']
          const json = html.slice(before.length, html.length - after.length)
          expect(html.startsWith(before) && html.endsWith(after)).toBe(true)
          expect(json).not.toMatch(/[<>&\u2028\u2029]/)
          expect(JSON.parse(json)).toMatchObject({ diagnosis: { summary } })
        },
      ),
    )
  })

  it('has one place in the template', async () => {
    const page = await pageOf()
    expect(() => fillTemplate('<p></p>', page)).toThrow(TypeError)
    expect(() => fillTemplate(template + template, page)).toThrow(TypeError)
  })

  it('names our principal and the External ID, and the calls begin with AssumeRole', async () => {
    const page = await pageOf()
    const { authentication } = await makeConnection({}, context)
    expect(authentication.kind).toBe('role')
    expect(page.facts).toContainEqual({ name: 'our principal', value: principalArn })
    expect(page.facts.find(({ name }) => name === 'External ID')?.value).toMatch(/^dbx_/)
    expect(page.trial?.calls.map(({ operation }) => operation)).toEqual(['sts:AssumeRole', 's3:PutObject'])
    expect(page.target?.kit.map(({ policy }) => policy)).toEqual(['trust', 'permissions'])
  })

  it('has neither secret nor trial where there is no role', async () => {
    const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
    const keyed = await pageOf({
      authentication: { kind: 'access-key', accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey },
    })
    expect([keyed.trial, keyed.target]).toEqual([null, null])
    expect(JSON.stringify(keyed)).not.toContain(secretAccessKey)
    expect(keyed.facts).toContainEqual({ name: 'bucket', value: 's3://acme-audit' })
  })
})
