package dev.lineserver.store.aerospike;

import java.util.Random;

import com.aerospike.client.Key;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

final class LineRecordsTest {
    private static LineRecords records(String set) {
        return new LineRecords("lines", new LineSet(set, LineSet.State.LIVE, "default", 1, 1, 0));
    }

    /** A line stored under another digest than the client's would be lost to other clients and to later versions. */
    @Test
    void keysAreThoseOfTheClient() {
        Random random = new Random(1);
        for (int round = 0; round < 20_000; round++) {
            String set = SetChoice.name(random.nextInt(4_095));
            long lineIndex = random.nextLong() >>> random.nextInt(1, Long.SIZE);

            Key key = records(set).line(lineIndex);

            Key byTheClient = new Key("lines", set, lineIndex);
            assertArrayEquals(byTheClient.digest, key.digest, byTheClient.toString());
            assertEquals(byTheClient, key);
            assertEquals(byTheClient.userKey, key.userKey);
        }
    }

    @Test
    void setNamesMayBeAsLongAsABlockHolds() {
        for (String set : new String[] {"é", "s".repeat(46)}) {
            assertArrayEquals(new Key("lines", set, 7).digest, records(set).line(7).digest, set);
        }
        assertThrows(IllegalArgumentException.class, () -> records("s".repeat(47)));
    }
}
