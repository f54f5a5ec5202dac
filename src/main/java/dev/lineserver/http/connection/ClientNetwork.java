package dev.lineserver.http.connection;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;

/** Tells clients apart by their address. */
public final class ClientNetwork {
    private ClientNetwork() {}

    /**
     * Returns a number for the client at an address. A client of IPv6 usually has a network of 64 bits, any address of which it
     * may use (RFC 4291, section 2.5.4), so these bits are the number. For IPv4 they are the last 64 bits of the IPv4-mapped
     * address: no network of IPv6 begins with 16 zero bits and 16 one bits.
     */
    public static long of(InetAddress address) {
        ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
        return address instanceof Inet6Address
                ? bytes.getLong()
                : 0xFFFFL << 32 | Integer.toUnsignedLong(bytes.getInt());
    }
}
