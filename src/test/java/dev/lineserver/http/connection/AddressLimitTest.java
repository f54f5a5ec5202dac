package dev.lineserver.http.connection;

import java.net.InetAddress;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class AddressLimitTest {
    private static InetAddress address(String text) throws Exception {
        return InetAddress.getByName(text);
    }

    @Test
    void connectionsAreCountedByAddressAndByNetworkOfIpv6() throws Exception {
        AddressLimit limit = new AddressLimit(2);
        assertTrue(limit.acquire(address("192.0.2.1")));
        assertTrue(limit.acquire(address("192.0.2.1")));
        assertFalse(limit.acquire(address("192.0.2.1")));
        assertTrue(limit.acquire(address("192.0.2.2")));
        assertTrue(limit.acquire(address("2001:db8:0:1::1")));
        assertTrue(limit.acquire(address("2001:db8:0:1:ffff::2")));
        assertFalse(limit.acquire(address("2001:db8:0:1::3")));
        assertTrue(limit.acquire(address("2001:db8:0:2::1")));
        assertTrue(limit.acquire(address("::c000:201")));
        assertFalse(limit.acquire(address("::ffff:192.0.2.1")));
        limit.release(address("192.0.2.1"));
        assertTrue(limit.acquire(address("192.0.2.1")));
        assertFalse(limit.acquire(address("192.0.2.1")));
    }

    @Test
    void anAddressWithoutConnectionsIsForgotten() throws Exception {
        AddressLimit limit = new AddressLimit(1);
        for (int i = 0; i < 300; i++) {
            InetAddress client = address("192.0.2." + i % 256);
            assertTrue(limit.acquire(client));
            limit.release(client);
        }
        assertEquals(0, limit.addresses());
    }

    @Test
    void zeroIsNoLimit() throws Exception {
        AddressLimit limit = new AddressLimit(0);
        for (int i = 0; i < 100; i++) {
            assertTrue(limit.acquire(address("192.0.2.1")));
        }
        assertEquals(0, limit.addresses());
    }
}
