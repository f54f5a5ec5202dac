package dev.lineserver.http.access;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class RateLimiterTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - SECOND / 2);

    private RateLimiter limiter(long requests, Duration window) {
        return new RateLimiter(requests, window, now::get);
    }

    @Test
    void aClientMaySendItsRequestsAtOnceAndThenAtTheRate() {
        RateLimiter limiter = limiter(10, Duration.ofMinutes(1));
        for (int i = 0; i < 10; i++) {
            RateLimiter.Admission admission = limiter.request("a");
            assertTrue(admission.admitted());
            assertEquals(9 - i, admission.remaining());
            assertEquals(6L * (i + 1), admission.resetSeconds());
            assertEquals(i < 9 ? 0 : 6, admission.waitSeconds());
        }
        assertFalse(limiter.request("a").admitted());
        assertTrue(limiter.request("b").admitted(), "each client has a bucket of its own");
        now.addAndGet(6 * SECOND - 1);
        assertEquals(new RateLimiter.Admission(false, 0, 1, 55), limiter.request("a"));
        now.addAndGet(1);
        assertTrue(limiter.request("a").admitted());
        assertFalse(limiter.request("a").admitted());
        now.addAndGet(60 * SECOND);
        assertEquals(9, limiter.request("a").remaining());
    }

    /** The wait that is announced is enough, whatever came before. */
    @Test
    void neverMoreThanTheLimitInAnyWindowAndAnAnnouncedWaitIsEnough() {
        for (long seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            int requests = 1 + random.nextInt(20);
            long window = 1L + random.nextInt(100);
            RateLimiter limiter = limiter(requests, Duration.ofSeconds(window));
            Map<String, List<Long>> admitted = new HashMap<>();
            for (int i = 0; i < 300; i++) {
                String client = "c" + random.nextInt(3);
                RateLimiter.Admission admission = limiter.request(client);
                if (admission.admitted()) {
                    admitted.computeIfAbsent(client, _ -> new ArrayList<>()).add(now.get());
                } else {
                    assertTrue(admission.waitSeconds() > 0, "seed " + seed);
                    if (random.nextInt(4) == 0) {
                        now.addAndGet(admission.waitSeconds() * SECOND);
                        assertTrue(limiter.request(client).admitted(), "seed " + seed);
                        admitted.computeIfAbsent(client, _ -> new ArrayList<>()).add(now.get());
                    }
                }
                now.addAndGet(random.nextLong(2 * window * SECOND / requests));
            }
            for (List<Long> times : admitted.values()) {
                // A full bucket, and those that it gets back meanwhile.
                for (int i = 2 * requests; i < times.size(); i++) {
                    assertTrue(
                            times.get(i) - times.get(i - 2 * requests) >= window * SECOND - requests, "seed " + seed);
                }
            }
        }
    }

    /** As an attacker with a prefix of IPv6 could send: a million clients take no more room than 65,536. */
    @Test
    void manyClientsTakeBoundedMemory() {
        RateLimiter limiter = limiter(1, Duration.ofHours(1));
        assertTrue(limiter.request("busy").admitted());
        for (int i = 0; i < 4 * RateLimiter.MAX_CLIENTS; i++) {
            limiter.request(RequestSource.ofAddress(
                    "2001:db8:" + Integer.toHexString(i >>> 16) + ":" + Integer.toHexString(i & 0xffff) + "::1"));
            if (i % 1_000 == 0) {
                assertFalse(limiter.request("busy").admitted(), "a client that goes on is not forgotten");
            }
        }
        assertTrue(limiter.clients() <= RateLimiter.MAX_CLIENTS, limiter.clients() + " clients");
        assertTrue(limiter.clients() > RateLimiter.MAX_CLIENTS / 2, limiter.clients() + " clients");
    }

    @Test
    void severalThreadsAdmitNoMoreThanOne() throws Exception {
        RateLimiter limiter = limiter(1_000, Duration.ofHours(1));
        CountDownLatch start = new CountDownLatch(1);
        long admitted = 0;
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<Integer>> counts = new ArrayList<>();
            for (int thread = 0; thread < 4; thread++) {
                counts.add(threads.submit(() -> {
                    start.await();
                    int own = 0;
                    for (int i = 0; i < 1_000; i++) {
                        own += limiter.request("a").admitted() ? 1 : 0;
                    }
                    return own;
                }));
            }
            start.countDown();
            for (Future<Integer> count : counts) {
                admitted += count.get();
            }
        }
        assertEquals(1_000, admitted);
    }

    @Test
    void addressesOfOneNetworkOfIpv6AreOneClient() {
        String one = RequestSource.ofAddress("2001:db8:1:2:3:4:5:6");
        assertEquals(one, RequestSource.ofAddress("2001:db8:1:2::1"));
        assertEquals(one, RequestSource.ofAddress("2001:0DB8:0001:0002:ffff::"));
        assertEquals(one, RequestSource.ofAddress("2001:db8:1:2::1%eth0"));
        assertFalse(one.equals(RequestSource.ofAddress("2001:db8:1:3::1")));
        assertFalse(RequestSource.ofAddress("10.0.0.1").equals(RequestSource.ofAddress("10.0.0.2")));
        assertEquals(RequestSource.ofAddress("10.0.0.1"), RequestSource.ofAddress("::ffff:10.0.0.1"));
        // A socket of the file system, and anything else that is no address.
        assertEquals(RequestSource.ofAddress(""), RequestSource.ofAddress("x"));
        // No address is mistaken for a client with a key.
        assertFalse(RequestSource.ofAddress("10.0.0.1").equals(RequestSource.ofClient(new Client("10.0.0.1", null))));
        assertFalse(
                RequestSource.ofClient(new Client("a", null)).equals(RequestSource.ofClient(new Client("b", null))));
    }
}
