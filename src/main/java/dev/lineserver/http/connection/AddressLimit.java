package dev.lineserver.http.connection;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Counts the connections of each client address, up to a limit. A client of IPv6 usually has a network of 64 bits, any
 * address of which it may use, so all addresses of such a network count as one. Safe for use by several threads.
 */
final class AddressLimit {
    private final int most;
    private final ConcurrentMap<Long, Integer> connections = new ConcurrentHashMap<>();

    /** @param most largest number of connections; 0 for any number */
    AddressLimit(int most) {
        this.most = most;
    }

    /** Counts a connection, which must be released in the end. Returns false, and counts nothing, beyond the limit. */
    boolean acquire(InetAddress address) {
        if (most == 0) {
            return true;
        }
        boolean[] acquired = {false};
        connections.compute(network(address), (_, count) -> {
            int before = count == null ? 0 : count;
            acquired[0] = before < most;
            return acquired[0] ? before + 1 : before;
        });
        return acquired[0];
    }

    /** Ends a connection. */
    void release(InetAddress address) {
        if (most > 0) {
            connections.computeIfPresent(network(address), (_, count) -> count == 1 ? null : count - 1);
        }
    }

    /** Number of addresses that have a connection. */
    int addresses() {
        return connections.size();
    }

    /**
     * The first 64 bits of an IPv6 address, or the 32 bits of an IPv4 address as the network of its IPv4-mapped address would
     * end: no network of IPv6 begins with 16 zero bits and 16 one bits.
     */
    private static long network(InetAddress address) {
        ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
        return address instanceof Inet6Address
                ? bytes.getLong()
                : 0xFFFFL << 32 | Integer.toUnsignedLong(bytes.getInt());
    }
}
