package dev.lineserver.http.connection;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class DescriptorsTest {
    @Test
    void theServerKeepsAnEighthOfTheFreeDescriptorsWithinBounds() {
        assertEquals(700, Descriptors.mostConnections(1_000, 200));
        assertEquals(65_536 - 100 - 512, Descriptors.mostConnections(65_536, 100));
        assertEquals(64 - 16, Descriptors.mostConnections(264, 200));
    }

    @Test
    void thereIsRoomForOneConnectionAndNoLimitWithoutFigures() {
        assertEquals(1, Descriptors.mostConnections(200, 195));
        assertEquals(Long.MAX_VALUE, Descriptors.mostConnections(-1, 10));
        long most = Descriptors.mostConnections();
        assertTrue(most > 1 && most < Long.MAX_VALUE, most + " connections");
    }
}
