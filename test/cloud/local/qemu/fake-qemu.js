const { appendFileSync, writeFileSync } = require('node:fs')
const { createServer } = require('node:net')

const args = process.argv.slice(2)
const after = (name) => args[args.indexOf(name) + 1]
if (args[0] === '--version') {
  process.stdout.write('QEMU emulator version 9.9\n')
  process.exit(0)
}
const cpu = after('-cpu')
appendFileSync(`${__filename}.log`, `${cpu}\n`)
if (!runs(cpu)) {
  process.stderr.write('qemu-system-x86_64: error: failed to set MSR 0x10a to 0x69\n')
  process.kill(process.pid, 'SIGABRT')
}
writeFileSync(after('-pidfile'), String(process.pid))
const answers = { 'query-status': { status: 'running' }, 'human-monitor-command': 'RIP=ffffffff81000000' }
createServer((socket) => {
  socket.on('data', (data) => {
    for (const line of data.toString().trim().split('\n')) {
      const { execute, id } = JSON.parse(line)
      socket.write(`${JSON.stringify({ return: answers[execute] ?? {}, id })}\n`)
      if (execute === 'quit') process.exit(0)
    }
  })
}).listen(
  after('-qmp')
    .replace(/^unix:/, '')
    .replace(/,.*/, ''),
)
