/** What FastNetMon 1.2.4 of Debian 12 gave to its notify script when three hosts sent UDP from port 53 to 192.0.2.7. */
export const BAN_REPORT = `IP: 192.0.2.7
Attack type: udp_flood
Initial attack power: 1252 packets per second
Peak attack power: 1252 packets per second
Attack direction: incoming
Attack protocol: udp
Total incoming traffic: 4 mbps
Total outgoing traffic: 0 mbps
Total incoming pps: 1252 packets per second
Total outgoing pps: 3 packets per second
Total incoming flows: 0 flows per second
Total outgoing flows: 0 flows per second
Average incoming traffic: 4 mbps
Average outgoing traffic: 0 mbps
Average incoming pps: 1252 packets per second
Average outgoing pps: 3 packets per second
Average incoming flows: 0 flows per second
Average outgoing flows: 0 flows per second
Incoming ip fragmented traffic: 0 mbps
Outgoing ip fragmented traffic: 0 mbps
Incoming ip fragmented pps: 0 packets per second
Outgoing ip fragmented pps: 0 packets per second
Incoming tcp traffic: 0 mbps
Outgoing tcp traffic: 0 mbps
Incoming tcp pps: 0 packets per second
Outgoing tcp pps: 0 packets per second
Incoming syn tcp traffic: 0 mbps
Outgoing syn tcp traffic: 0 mbps
Incoming syn tcp pps: 0 packets per second
Outgoing syn tcp pps: 0 packets per second
Incoming udp traffic: 4 mbps
Outgoing udp traffic: 0 mbps
Incoming udp pps: 1252 packets per second
Outgoing udp pps: 0 packets per second
Incoming icmp traffic: 0 mbps
Outgoing icmp traffic: 0 mbps
Incoming icmp pps: 0 packets per second
Outgoing icmp pps: 3 packets per second

Average packet size for incoming traffic: 442.5 bytes 
Average packet size for outgoing traffic: 497.0 bytes 
Incoming

UDP flows: 3
192.0.2.7:40000 < 198.51.100.1:53 553384 bytes 1252 packets
192.0.2.7:40000 < 198.51.100.2:53 553826 bytes 1253 packets
192.0.2.7:40000 < 198.51.100.3:53 553384 bytes 1252 packets

`

/** What it gave with `attack_details` 0.7 s later; of 20 packets six are kept. */
export const DETAILS_REPORT = `IP: 192.0.2.7
Attack type: udp_flood
Initial attack power: 1252 packets per second
Peak attack power: 1252 packets per second
Attack direction: incoming
Attack protocol: udp
Total incoming traffic: 4 mbps
Total outgoing traffic: 0 mbps
Total incoming pps: 1252 packets per second
Total outgoing pps: 3 packets per second
Total incoming flows: 0 flows per second
Total outgoing flows: 0 flows per second
Average incoming traffic: 4 mbps
Average outgoing traffic: 0 mbps
Average incoming pps: 1252 packets per second
Average outgoing pps: 3 packets per second
Average incoming flows: 0 flows per second
Average outgoing flows: 0 flows per second
Incoming ip fragmented traffic: 0 mbps
Outgoing ip fragmented traffic: 0 mbps
Incoming ip fragmented pps: 0 packets per second
Outgoing ip fragmented pps: 0 packets per second
Incoming tcp traffic: 0 mbps
Outgoing tcp traffic: 0 mbps
Incoming tcp pps: 0 packets per second
Outgoing tcp pps: 0 packets per second
Incoming syn tcp traffic: 0 mbps
Outgoing syn tcp traffic: 0 mbps
Incoming syn tcp pps: 0 packets per second
Outgoing syn tcp pps: 0 packets per second
Incoming udp traffic: 4 mbps
Outgoing udp traffic: 0 mbps
Incoming udp pps: 1252 packets per second
Outgoing udp pps: 0 packets per second
Incoming icmp traffic: 0 mbps
Outgoing icmp traffic: 0 mbps
Incoming icmp pps: 0 packets per second
Outgoing icmp pps: 3 packets per second

Average packet size for incoming traffic: 442.5 bytes 
Average packet size for outgoing traffic: 497.0 bytes 


2026-11-22 22:17:25.618963 198.51.100.3:53 > 192.0.2.7:40000 protocol: udp frag: 0  packets: 1 size: 442 bytes ttl: 64 sample ratio: 1  
2026-11-22 22:17:25.618995 198.51.100.1:53 > 192.0.2.7:40000 protocol: udp frag: 0  packets: 1 size: 442 bytes ttl: 64 sample ratio: 1  
2026-11-22 22:17:25.619000 198.51.100.2:53 > 192.0.2.7:40000 protocol: udp frag: 0  packets: 1 size: 442 bytes ttl: 64 sample ratio: 1  
2026-11-22 22:17:25.619004 198.51.100.3:53 > 192.0.2.7:40000 protocol: udp frag: 0  packets: 1 size: 442 bytes ttl: 64 sample ratio: 1  
2026-11-22 22:17:25.619008 198.51.100.1:53 > 192.0.2.7:40000 protocol: udp frag: 0  packets: 1 size: 442 bytes ttl: 64 sample ratio: 1  
2026-11-22 22:17:25.619011 198.51.100.2:53 > 192.0.2.7:40000 protocol: udp frag: 0  packets: 1 size: 442 bytes ttl: 64 sample ratio: 1  
`

/** When 192.0.2.7 sent UDP from port 123 to one host outside. */
export const OUTGOING_REPORT = `IP: 192.0.2.7
Attack type: udp_flood
Initial attack power: 1255 packets per second
Peak attack power: 1255 packets per second
Attack direction: outgoing
Attack protocol: udp
Total incoming traffic: 0 mbps
Total outgoing traffic: 4 mbps
Total incoming pps: 1 packets per second
Total outgoing pps: 1255 packets per second
Total incoming flows: 0 flows per second
Total outgoing flows: 0 flows per second
Average incoming traffic: 0 mbps
Average outgoing traffic: 4 mbps
Average incoming pps: 1 packets per second
Average outgoing pps: 1255 packets per second
Average incoming flows: 0 flows per second
Average outgoing flows: 0 flows per second
Incoming ip fragmented traffic: 0 mbps
Outgoing ip fragmented traffic: 0 mbps
Incoming ip fragmented pps: 0 packets per second
Outgoing ip fragmented pps: 0 packets per second
Incoming tcp traffic: 0 mbps
Outgoing tcp traffic: 0 mbps
Incoming tcp pps: 0 packets per second
Outgoing tcp pps: 0 packets per second
Incoming syn tcp traffic: 0 mbps
Outgoing syn tcp traffic: 0 mbps
Incoming syn tcp pps: 0 packets per second
Outgoing syn tcp pps: 0 packets per second
Incoming udp traffic: 0 mbps
Outgoing udp traffic: 4 mbps
Incoming udp pps: 0 packets per second
Outgoing udp pps: 1255 packets per second
Incoming icmp traffic: 0 mbps
Outgoing icmp traffic: 0 mbps
Incoming icmp pps: 1 packets per second
Outgoing icmp pps: 0 packets per second

Average packet size for incoming traffic: 497.0 bytes 
Average packet size for outgoing traffic: 442.4 bytes 
Outgoing

UDP flows: 1
192.0.2.7:123 > 198.51.100.1:40000 1661478 bytes 3759 packets

`
