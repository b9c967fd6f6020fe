/** How the servers of a database are read from its address. What connections make of them: test/postgres/standby.test.ts. */
import { expect, test } from 'vitest'
import { addressesOf } from './hosts.ts'

test('one server, with whatever is said about it', () => {
  expect(addressesOf('postgres://me:word@db:5432/audit?sslmode=verify-full')).toEqual([
    'postgres://me:word@db:5432/audit?sslmode=verify-full',
  ])
  expect(addressesOf('postgresql:///audit?host=/run/postgresql')).toEqual([
    'postgresql:///audit?host=%2Frun%2Fpostgresql',
  ])
})

test('several servers, each with a port of its own or none', () => {
  const one = (host: string): string => `postgres://me:w%40rd,1@${host}/audit?sslmode=require`
  expect(addressesOf(`${one('a:5432,b,[::1]:5434')}&target_session_attrs=read-write`)).toEqual([
    one('a:5432'),
    one('b'),
    one('[::1]:5434'),
  ])
})

test.each([
  ['another protocol', 'mysql://me@db/audit'],
  ['no address at all', 'db'],
  ['a port that is none', 'postgres://me@a:5432,b:port/audit'],
  ['servers that can not be written to', 'postgres://me@a,b/audit?target_session_attrs=standby'],
  ['any server, a standby too', 'postgres://me@a,b/audit?target_session_attrs=any'],
])('%s is refused', (_what, url) => {
  expect(addressesOf(url)).toBeNull()
})
