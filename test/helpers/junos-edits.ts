/** A core router with a filter of Cordon's before one of the site's, and edits of its prefix list `CORDON-4`. */

export const START = `
set system host-name core
set policy-options prefix-list CORDON-4
set policy-options prefix-list CORDON-6 2001:db8:ffff::1/128
set policy-options prefix-list empty
set firewall family inet filter BLOCK term to from destination-prefix-list CORDON-4
set firewall family inet filter BLOCK term to then count to
set firewall family inet filter BLOCK term to then discard
set firewall family inet filter BLOCK term from from source-prefix-list CORDON-4
set firewall family inet filter BLOCK term from then discard
set firewall family inet filter BLOCK term none from source-prefix-list empty
set firewall family inet filter BLOCK term none then discard
set firewall family inet filter BLOCK term seen then count seen
set firewall family inet filter BLOCK term seen then next term
set firewall family inet filter SITE term web from protocol tcp
set firewall family inet filter SITE term web from destination-port [ http 8000-8010 ]
set firewall family inet filter SITE term web then accept
set firewall family inet filter SITE term dns from protocol udp
set firewall family inet filter SITE term dns then accept
set interfaces ge-0/0/0 description "to the world"
set interfaces ge-0/0/0 unit 0 family inet filter input-list [ BLOCK SITE ]
set interfaces ge-0/0/1 unit 0 family inet address 203.0.113.1/26
set protocols bgp group upstream neighbor 192.0.2.249 peer-as 64500
`

export const item = (prefix: string, attribute = ''): string =>
  `<configuration><policy-options><prefix-list><name>CORDON-4</name><prefix-list-item ${attribute}><name>${prefix}</name></prefix-list-item></prefix-list></policy-options></configuration>`
export const edit = (inner: string): string =>
  `<edit-config><target><candidate/></target><config>${inner}</config></edit-config>`
export const load = (lines: string): string =>
  `<load-configuration action="set" format="text"><configuration-set>${lines}</configuration-set></load-configuration>`
