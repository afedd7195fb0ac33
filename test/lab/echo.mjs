// Asks others over UDP and answers them, and says what it heard; IPv4 and IPv6. Plain Node, started inside a node:
//   node echo.mjs    each line on standard input: '{"family":4,"address":"10.8.0.2","token":"7"}'
import { createSocket } from 'node:dgram'
import { createInterface } from 'node:readline'

const PORT = 9100

function say(report) {
  process.stdout.write(`${JSON.stringify(report)}\n`)
}

async function open(family) {
  const socket = createSocket({ type: family === 6 ? 'udp6' : 'udp4', ipv6Only: family === 6 })
  // what cannot be sent is lost: whoever should have heard it is the judge
  socket.on('error', () => undefined)
  socket.on('message', (bytes, from) => {
    const [kind, token] = bytes.toString().split(' ')
    say({ kind, token })
    if (kind === 'ask') socket.send(`answer ${token}`, from.port, from.address, () => undefined)
  })
  await new Promise((resolve) => {
    socket.bind(PORT, resolve)
  })
  return socket
}

const sockets = { 4: await open(4), 6: await open(6) }
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const { family, address, token } = JSON.parse(line)
    sockets[family].send(`ask ${token}`, PORT, address, () => undefined)
  })
  .on('close', () => process.exit(0))
say({ kind: 'ready', token: '' })
