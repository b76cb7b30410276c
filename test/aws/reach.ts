import { readFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'

// An OpenSSH ProxyCommand that connects from the address of an instance in the EC2 emulator to its local machine.
const port = Number(readFileSync(join(process.env.BAKEHOUSE_MACHINES ?? '', process.argv[2] ?? ''), 'utf8'))
const socket = createConnection(port, '127.0.0.1')
process.stdin.pipe(socket)
socket.pipe(process.stdout)
socket.once('error', () => process.exit(1))
socket.once('close', () => process.exit(0))
