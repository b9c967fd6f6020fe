/** A packet filter between a delivery and its bucket: packets that vanish, and connections that are refused, for a while. */
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { needs } from '../needs.ts'
import { startScript } from './processes.ts'

const isMissing = needs('/usr/sbin/nft', 'nftables') || needs('/usr/sbin/ip', 'iproute2')
const mayUnshare = !isMissing && spawnSync('unshare', ['--net', '/usr/sbin/nft', 'list', 'ruleset']).status === 0
if (!isMissing && !mayUnshare) {
  console.warn('SKIPPED: this machine lets nobody have a network of his own (unshare --net), so no packets are dropped')
}

describe.skipIf(!mayUnshare)('a packet filter', () => {
  test.each(['drop', 'reject with tcp reset'])(
    'that answers `%s` in the middle of an upload costs time alone',
    async (verdict) => {
      const command = ['unshare', '--net']
      const inside = startScript('./firewall-worker.ts', { verdict }, { command })
      expect({ ...(await inside.ended), complaints: inside.complaints.join('') }).toEqual({
        code: 0,
        signal: null,
        complaints: '',
      })
      expect(JSON.parse(inside.lines.at(-1) ?? '')).toEqual({ during: 'accepted', after: 'delivered', isWhole: true })
    },
  )
})
