import type { Model } from './netconfd-device.ts'
import { rulesIn } from './rules-in.ts'

const JUNOS = 'http://xml.juniper.net/xnm/1.1/xnm'
const ACL = 'urn:ietf:params:xml:ns:yang:ietf-access-control-list'
const NC = 'xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"'

function filterXml(family: number): string {
  const inet = family === 4 ? 'inet' : 'inet6'
  const term = (end: string, list: string, side: string): string =>
    `<term><name>${end}</name><from><${side}-prefix-list><name>${list}</name></${side}-prefix-list></from><then><discard/></then></term>`
  const terms = [
    term('from', `CORDON-${family}-FROM`, 'source'),
    term('to', `CORDON-${family}-TO`, 'destination'),
    '<term><name>rest</name><then><next>term</next></then></term>',
  ]
  return `<${inet}><filter><name>CORDON-${family}</name>${terms.join('')}</filter></${inet}>`
}

export const JUNOS_MODEL: Model = {
  driver: 'junos',
  modules: ['cordon-junos-subset'],
  provisioned: `<configuration xmlns="${JUNOS}" ${NC} nc:operation="replace"><policy-options>${[
    ['CORDON-4-FROM', '192.0.2.255/32'],
    ['CORDON-4-TO', '192.0.2.255/32'],
    ['CORDON-6-FROM', '2001:db8:ffff::1/128'],
    ['CORDON-6-TO', '2001:db8:ffff::1/128'],
  ]
    .map(
      ([name, sentinel]) =>
        `<prefix-list><name>${name}</name><prefix-list-item><name>${sentinel}</name></prefix-list-item></prefix-list>`,
    )
    .join(
      '',
    )}</policy-options><firewall><family>${[4, 6].map(filterXml).join('')}</family></firewall></configuration>`,
  foreign: `<configuration xmlns="${JUNOS}"><policy-options><prefix-list><name>BOGONS</name><prefix-list-item><name>198.18.0.7/32</name></prefix-list-item></prefix-list></policy-options><interfaces><interface><name>ge-0/0/0</name><disable/></interface></interfaces></configuration>`,
  standing: [/BOGONS[\s\S]*198\.18\.0\.7\/32/, /ge-0\/0\/0/],
  rulesIn,
  stalls: true,
}

/** A commit of netconfd puts new entries behind the others, whatever the edit said: so nothing that accepts stands there. */
export const IETF_MODEL: Model = {
  driver: 'ietf-acl',
  filterOn: ['eth0'],
  modules: ['ietf-access-control-list'],
  provisioned: `<acls xmlns="${ACL}" ${NC} nc:operation="replace">${[4, 6]
    .map((family) => `<acl><name>CORDON-${family}</name><type>ipv${family}-acl-type</type></acl>`)
    .join(
      '',
    )}<attachment-points><interface><interface-id>eth0</interface-id><ingress><acl-sets><acl-set><name>CORDON-4</name></acl-set><acl-set><name>CORDON-6</name></acl-set></acl-sets></ingress></interface></attachment-points></acls>`,
  foreign: `<acls xmlns="${ACL}"><acl><name>CORDON-4</name><aces><ace><name>by-hand</name><matches><ipv4><source-ipv4-network>198.18.0.7/32</source-ipv4-network></ipv4></matches><actions><forwarding>reject</forwarding></actions></ace></aces></acl><acl><name>SITE</name><type>ipv4-acl-type</type></acl></acls>`,
  standing: [/by-hand[\s\S]*198\.18\.0\.7\/32/, /<name>SITE</],
  rulesIn,
}
