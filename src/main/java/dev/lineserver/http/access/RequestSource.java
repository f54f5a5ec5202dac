package dev.lineserver.http.access;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.HexFormat;

import org.jspecify.annotations.Nullable;

/** Names the sender of a request, for {@link RateLimiter}. */
public final class RequestSource {
    /** The part of an IPv6 address that its owner cannot choose: a network has 2⁶⁴ addresses (RFC 4291, section 2.5.4). */
    private static final int NETWORK_BYTES = 8;

    private RequestSource() {}

    /** Names a client that has proved who it is, wherever it sends from. */
    public static String ofClient(Client client) {
        return client.name();
    }

    /**
     * Names the sender at an address: an IPv4 address, or the /64 network of an IPv6 address.
     *
     * @param address in the form of numbers; all others are one sender, and so are those without an address, such as the
     *     clients of a socket in the file system
     */
    public static String ofAddress(@Nullable String address) {
        try {
            InetAddress parsed = InetAddress.ofLiteral(address == null ? "" : address.replaceFirst("%.*", ""));
            byte[] bytes = parsed.getAddress();
            return "/"
                    + HexFormat.of()
                            .formatHex(parsed instanceof Inet6Address ? Arrays.copyOf(bytes, NETWORK_BYTES) : bytes);
        } catch (IllegalArgumentException e) {
            return "/";
        }
    }
}
