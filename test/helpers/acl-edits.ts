/** Edits of RFC 8519's ACLs, for tests of a router that has one called `edge` at its interface eth0. */

export const NS = 'xmlns="urn:ietf:params:xml:ns:yang:ietf-access-control-list"'
const OP = 'xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"'

export const ACE = (name: string, prefix: string, more = ''): string =>
  `<ace ${more}><name>${name}</name><matches><ipv4><destination-ipv4-network>${prefix}</destination-ipv4-network></ipv4></matches><actions><forwarding>drop</forwarding></actions></ace>`
export const ACES = (inner: string): string =>
  `<acls ${NS}><acl><name>edge</name><aces>${inner}</aces></acl></acls>`
const ALL = '<ace><name>rest</name><actions><forwarding>accept</forwarding></actions></ace>'
export const START = `<config><acls ${NS}><acl><name>edge</name><type>ipv4-acl-type</type><aces>${ALL}</aces></acl>
<attachment-points><interface><interface-id>eth0</interface-id><ingress><acl-sets><acl-set><name>edge</name></acl-set></acl-sets></ingress></interface></attachment-points></acls></config>`

export const edit = (inner: string, target = 'candidate', more = ''): string =>
  `<edit-config><target><${target}/></target>${more}<config ${OP}>${inner}</config></edit-config>`
export const block = (name: string, prefix: string, target?: string): string =>
  edit(ACES(ACE(name, prefix, 'xmlns:y="urn:ietf:params:xml:ns:yang:1" y:insert="first"')), target)
