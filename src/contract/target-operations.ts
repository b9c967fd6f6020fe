/** The operations on targets and the spool, as rows of the one table. */
import { z } from 'zod'
import { name } from './connection.ts'
import { defineOperation } from './operation.ts'
import { spoolRoom, target, targetDetail } from './target.ts'

export const targetOperations = {
  'target.list': defineOperation({
    name: 'target.list',
    summary: 'Lists the targets of all routes: which are left alone, since when and why, and what each is owed.',
    right: 'view',
    http: { method: 'GET', path: '/targets' },
    cli: { words: ['target', 'list'], example: 'drawbridge target list' },
    input: z.object({}),
    output: z.object({ targets: z.array(target) }),
    errors: [],
  }),
  'target.show': defineOperation({
    name: 'target.show',
    summary: 'Shows one target with the deliveries that wait for it, in the order in which they follow.',
    right: 'view',
    http: { method: 'GET', path: '/targets/{connection}' },
    cli: { words: ['target', 'show'], example: 'drawbridge target show acme' },
    input: z.object({ connection: name }),
    output: targetDetail,
    errors: ['not-found'],
  }),
  'spool.show': defineOperation({
    name: 'spool.show',
    summary: 'Shows how full the spool is, and whose reports are pushed back.',
    right: 'view',
    http: { method: 'GET', path: '/spool' },
    cli: { words: ['spool', 'show'], example: 'drawbridge spool show' },
    input: z.object({}),
    output: spoolRoom,
    errors: [],
  }),
} as const
