package dev.lineserver.http.access;

import java.net.InetAddress;

import org.jspecify.annotations.Nullable;

import dev.lineserver.http.connection.ClientNetwork;

/** Names the sender of a request, for {@link RateLimiter}. */
public final class RequestSource {
    private RequestSource() {}

    /** Names a client that has proved who it is, wherever it sends from. */
    public static String ofClient(Client client) {
        return client.name();
    }

    /**
     * Names the sender at an address by its {@link ClientNetwork}.
     *
     * @param address in the form of numbers; all others are one sender, and so are those without an address, such as the
     *     clients of a socket in the file system
     */
    public static String ofAddress(@Nullable String address) {
        try {
            InetAddress parsed = InetAddress.ofLiteral(address == null ? "" : address.replaceFirst("%.*", ""));
            return "/" + Long.toHexString(ClientNetwork.of(parsed));
        } catch (IllegalArgumentException e) {
            return "/";
        }
    }
}
