/** Dates, numbers, addresses, booleans and bytes, read from texts. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Address, type AddressRange, compileRanges, parseAddress, parseAddressRange } from './address.ts'
import { parseBinary, parseDecimal, parseInstant } from './scalar.ts'

describe('instants', () => {
  test.each([
    ['2026-06-30T00:00:00Z', Date.UTC(2026, 5, 30)],
    ['2026-06-30', Date.UTC(2026, 5, 30)],
    ['2026-06-30T12:30Z', Date.UTC(2026, 5, 30, 12, 30)],
    ['2026-06-30T12:30:15.250Z', Date.UTC(2026, 5, 30, 12, 30, 15, 250)],
    ['2026-06-30T12:30:15-0530', Date.UTC(2026, 5, 30, 18, 0, 15)],
    ['1782777600', 1782777600000],
  ])('%s is read', (text, expected) => {
    expect(parseInstant(text)).toBe(expected)
  })

  test.each([
    '',
    'now',
    '2026-13-01',
    '2026-02-30',
    '2026-06-30T25:00:00Z',
    '2026-06-30 00:00:00',
    `${'1'.repeat(50)}`,
  ])('%j is none', (text) => {
    expect(parseInstant(text)).toBeNull()
  })
})

describe('numbers', () => {
  test.each([
    ['10', 10],
    ['-1.5', -1.5],
    ['+2', 2],
    ['.5', 0.5],
    ['1e3', 1000],
  ])('%s is read', (text, expected) => {
    expect(parseDecimal(text)).toBe(expected)
  })

  test.each(['', ' 1', '0x10', '1,5', 'NaN', 'Infinity', '1e999'])('%j is none', (text) => {
    expect(parseDecimal(text)).toBeNull()
  })
})

describe('binary', () => {
  test('spellings of the same bytes are equal', () => {
    expect(parseBinary('QQ==')).toBe(parseBinary('QQ'))
    expect(parseBinary('QUI=')).toBe('AB')
  })

  test.each(['Q', 'Q Q=', 'Q===', 'QQ=A'])('%j is none', (text) => {
    expect(parseBinary(text)).toBeNull()
  })
})

describe('addresses', () => {
  test.each([
    ['::', [0, 0, 0, 0, 0, 0, 0, 0]],
    ['::1', [0, 0, 0, 0, 0, 0, 0, 1]],
    ['2001:DB8::8:0', [0x2001, 0xdb8, 0, 0, 0, 0, 8, 0]],
    ['::ffff:203.0.113.7', [0, 0, 0, 0, 0, 0xffff, 0xcb00, 0x7107]],
    ['203.0.113.7', [0xcb00, 0x7107]],
  ])('%s is read', (text, groups) => {
    expect(parseAddress(text)).toEqual(groups)
  })

  test.each([
    '',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2:3:4:5:6:7:8',
    'g::',
    '1.2.3',
    '01.2.3.4',
    '1.2.3.4:1::',
    '203.0.113.7%eth0',
  ])('%j is none', (text) => {
    expect(parseAddress(text)).toBeNull()
  })

  test.each(['203.0.113.0/33', '203.0.113.0/', '203.0.113.0/-1', '::/129', '/8', '203.0.113.0/8/8'])(
    '%j is no range',
    (text) => {
      expect(parseAddressRange(text)).toBeNull()
    },
  )
})

/** Bit by bit. */
function isInside({ base, prefixLength }: AddressRange, address: Address): boolean {
  const bits = (groups: Address) => groups.map((group) => group.toString(2).padStart(16, '0')).join('')
  const isSameFamily = base.length === address.length
  return isSameFamily && bits(base).slice(0, prefixLength) === bits(address).slice(0, prefixLength)
}

test('many ranges at once hold what the ranges hold one by one', () => {
  const octet = fc.constantFrom(0, 10, 127, 128, 203, 255)
  const v4 = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.'))
  const group = fc.constantFrom('0', '1', '2001', 'db8', 'ffff')
  const v6 = fc.array(group, { minLength: 8, maxLength: 8 }).map((groups) => groups.join(':'))
  const range = fc.oneof(
    fc.tuple(v4, fc.integer({ min: 0, max: 32 })).map(([base, length]) => `${base}/${length}`),
    fc.tuple(v6, fc.integer({ min: 0, max: 128 })).map(([base, length]) => `${base}/${length}`),
  )
  fc.assert(
    fc.property(fc.array(range, { maxLength: 16 }), fc.oneof(v4, v6), (texts, text) => {
      const ranges = texts.flatMap((one) => parseAddressRange(one) ?? [])
      const address = parseAddress(text)
      expect(ranges).toHaveLength(texts.length)
      if (address === null) throw new TypeError(text)
      expect(compileRanges(ranges)(address)).toBe(ranges.some((one) => isInside(one, address)))
    }),
  )
})
