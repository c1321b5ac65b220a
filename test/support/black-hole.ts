import { afterAll, beforeAll, beforeEach } from 'vitest';
import { onHost, requireLab, resetHosts } from './lab.ts';

/**
 * A script that makes a path that swallows large packets: behind the host a link of MTU 1400, whose far end believes in 1500,
 * and nobody who says that a packet was too large. A container called web serves 100000 bytes on port 8080;
 * it ends at once when Docker does, for httpd as the first process hears no other signal.
 */
const BLACK_HOLE = `set -e
ip netns add far
ip link add to-far mtu 1400 type veth peer name eth0 mtu 1500 netns far
ip address add 10.77.0.1/24 dev to-far; ip link set to-far up
ip -n far address add 10.77.0.2/24 dev eth0; ip -n far link set eth0 up; ip -n far route add default via 10.77.0.1
iptables -I OUTPUT -p icmp -j DROP
tar -c -C /bin busybox | docker import - bb > /dev/null
docker run -d --name web --restart always --stop-signal KILL -p 8080:80 bb /busybox sh -c '/busybox mkdir -p /w; /busybox head -c 100000 /dev/zero > /w/zeros; exec /busybox httpd -f -p 80 -h /w' > /dev/null
cat > /root/count.py << 'E'
import socket, time
for _ in range(300):
    try:
        server = socket.create_connection(('10.77.0.1', 8080), 20)
        break
    except ConnectionError:
        time.sleep(0.1)
server.sendall(b'GET /zeros HTTP/1.0\\r\\n\\r\\n')
server.settimeout(3)
count = 0
try:
    while data := server.recv(65536):
        count += data.count(0)
except TimeoutError:
    pass
print(count)
E`;

/** Prints how many of its bytes arrive beyond that path. */
export const COUNT_ARRIVED = 'ip netns exec far python3 /root/count.py';

/** Lets the tests of this file run on a lab host before such a path: new for the file, and cleaned by a script before each test. */
export function useBlackHole(host: string, clean: string): void {
  beforeAll(() => {
    requireLab();
    resetHosts(host);
    onHost(host, BLACK_HOLE);
  });
  beforeEach(() => void onHost(host, clean));
  afterAll(() => resetHosts(host));
}
