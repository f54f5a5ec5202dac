package dev.lineserver.http.connection;

import java.net.InetAddress;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Counts the connections of each {@link ClientNetwork}, up to a limit. Safe for use by several threads. */
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
        connections.compute(ClientNetwork.of(address), (_, count) -> {
            int before = count == null ? 0 : count;
            acquired[0] = before < most;
            return acquired[0] ? before + 1 : before;
        });
        return acquired[0];
    }

    /** Ends a connection. */
    void release(InetAddress address) {
        if (most > 0) {
            connections.computeIfPresent(ClientNetwork.of(address), (_, count) -> count == 1 ? null : count - 1);
        }
    }

    /** Number of addresses that have a connection. */
    int addresses() {
        return connections.size();
    }
}
