# Runs in a guest: tries to connect to what it must not reach, and prints one line per attempt. Arguments: the port of a service on the
# loopback interface, an address of the computer, the port of a service on all addresses, the port of a plugin.
import fcntl, socket, struct, sys
from concurrent.futures import ThreadPoolExecutor

port, own, own_port, plugin = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])


def ask(name, address, at, patience=5):
    """Connects like an ordinary program."""
    try:
        with socket.create_connection((address, at), timeout=patience) as connection:
            connection.sendall(b'GET / HTTP/1.0\r\n\r\n')
            connection.recv(100)
            return name, 'reached'
    except OSError:
        return name, 'refused'


def checksum(data):
    total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def knock(to, source_port, at):
    """Sends a raw SYN segment from any port to any address, which the kernel of the guest would not send."""
    card = [name for _, name in socket.if_nameindex() if name != 'lo'][0]
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
    raw.bind((card, 0))
    mac = fcntl.ioctl(raw, 0x8927, struct.pack('256s', card.encode()))[18:24]
    here = fcntl.ioctl(raw, 0x8915, struct.pack('256s', card.encode()))[20:24]
    target = socket.inet_aton(to)
    segment = struct.pack('!HHIIBBHHH', source_port, at, 1, 0, 5 << 4, 2, 8192, 0, 0)
    pseudo = here + target + struct.pack('!BBH', 0, 6, len(segment))
    segment = segment[:16] + struct.pack('!H', checksum(pseudo + segment)) + segment[18:]
    header = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(segment), 1, 0, 64, 6, 0, here, target)
    header = header[:10] + struct.pack('!H', checksum(header)) + header[12:]
    raw.send(b'\x52\x55\x0a\x00\x02\x02' + mac + b'\x08\x00' + header + segment)


tries = [
    ('loopback', '10.0.2.2', port),
    ('plugin', '10.0.2.2', plugin),
    ('resolver', '10.0.2.3', port),
    ('own address', own, own_port),
    ('metadata', '169.254.169.254', own_port),
    ('mirror', 'deb.debian.org', 80, 60),
]
with ThreadPoolExecutor(len(tries)) as pool:
    for name, outcome in pool.map(lambda each: ask(*each), tries):
        print(name, outcome, sep='\t')
for address, at in (('10.0.2.2', port), ('10.0.2.3', port), ('127.0.0.1', port), ('169.254.169.254', own_port)):
    knock(address, 22, at)
    knock(address, 4000, at)
