package dev.lineserver.http.connection;

import java.lang.management.ManagementFactory;

import com.sun.management.UnixOperatingSystemMXBean;

/**
 * The descriptors of this process. Connections may not take the last ones: without any, the server could neither open a new
 * version nor a connection to its cluster.
 */
public final class Descriptors {
    /** The server keeps an eighth of the free descriptors for itself, within these bounds. */
    private static final int KEPT_FRACTION = 8;

    private static final long LEAST_KEPT = 16;
    private static final long MOST_KEPT = 512;

    private Descriptors() {}

    /** The number of connections that this process may have, beside the files that are open now. May block. */
    public static long mostConnections() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
                ? mostConnections(system.getMaxFileDescriptorCount(), system.getOpenFileDescriptorCount())
                : Long.MAX_VALUE;
    }

    /** @param most number of descriptors that the process may have; not positive if unknown */
    static long mostConnections(long most, long used) {
        if (most <= 0) {
            return Long.MAX_VALUE;
        }
        long kept = Math.clamp((most - used) / KEPT_FRACTION, LEAST_KEPT, MOST_KEPT);
        return Math.max(1, most - used - kept);
    }
}
