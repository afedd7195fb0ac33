import assert from 'node:assert/strict'
import { it } from 'node:test'
import { CounterParser } from './counters.ts'

/** As nft 1.0.6 lists a table. */
const LISTED = `table inet cordon {
	set tick {
		type mark
	}

	set acl4_drop_d32_p_dp {
		type ipv4_addr . inet_proto . inet_service
		counter
		elements = { 198.18.0.1 . 17 . 53 counter packets 12 bytes 9000,
			     198.18.0.2 . 6 . 80 counter packets 0 bytes 0 }
	}

	set acl4_rate_d32 {
		type ipv4_addr
		limit rate over 1 bytes/second burst 64 kbytes counter
		elements = { 198.18.0.1 limit rate over 125000 bytes/second burst 64 kbytes counter packets 3 bytes 4500, 198.18.0.3 limit rate over 1000 bytes/second burst 64 kbytes counter packets 7 bytes 70 }
	}

	set acl6_drop_s128 {
		type ipv6_addr
		counter
		elements = { ::ffff:1.2.3.4 counter packets 1 bytes 40,
			     2001:db8::1 timeout 1h counter packets 5 bytes 40 }
	}

	chain ingress {
		type filter hook prerouting priority -450; policy accept;
		ip saddr 10.0.0.1 counter packets 99 bytes 99 drop
	}
}
`
const EXPECTED = [
  ['acl4_drop_d32_p_dp', '198.18.0.1 . 17 . 53', 12, 9000],
  ['acl4_rate_d32', '198.18.0.1', 3, 4500],
  ['acl4_rate_d32', '198.18.0.3', 7, 70],
  ['acl6_drop_s128', '::ffff:1.2.3.4', 1, 40],
]

it('reads counters of drops and limits, wherever the listing is cut', () => {
  for (const size of [1, 2, 3, 7, 64, 1_000, LISTED.length]) {
    const found: unknown[][] = []
    const parser = new CounterParser((...one) => found.push(one))
    for (let at = 0; at < LISTED.length; at += size) parser.push(LISTED.slice(at, at + size))
    assert.deepEqual(found, EXPECTED, `in pieces of ${size}`)
  }
})
