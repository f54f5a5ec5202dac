package dev.lineserver.line;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class ContentDigestTest {
    @Test
    void hashIsXxh3OfTheReferenceImplementation() {
        // XXH3_128bits of nothing, seed 0, as xxhsum -H2 prints it.
        assertEquals(
                "99aa06d3014798d86001c324468d497f",
                ContentDigest.ofBlock(new byte[0], 0).toString());
        assertEquals(
                "99aa06d3014798d86001c324468d497f",
                new ContentDigest.Tree().digest().toString());
    }

    @Test
    void textFormIsParsed() {
        ContentDigest digest = new ContentDigest(0x0123456789abcdefL, -2);
        assertEquals("0123456789abcdeffffffffffffffffe", digest.toString());
        assertEquals(digest, ContentDigest.parse(digest.toString()));
        assertThrows(IllegalArgumentException.class, () -> ContentDigest.parse("0123"));
        assertThrows(IllegalArgumentException.class, () -> ContentDigest.parse("x".repeat(32)));
    }

    @Test
    void theDigestDependsOnOrderAndNumberOfBlocks() {
        ContentDigest a = new ContentDigest(1, 2);
        ContentDigest b = new ContentDigest(3, 4);
        assertEquals(digest(a, b), digest(a, b));
        assertNotEquals(digest(a, b), digest(b, a));
        assertNotEquals(digest(a, b), digest(a));
        assertNotEquals(digest(a), digest());
    }

    @Test
    void theTreeGrowsBeyondItsInitialCapacity() {
        ContentDigest.Tree tree = new ContentDigest.Tree();
        for (int i = 0; i < 5_000; i++) {
            tree.add(new ContentDigest(-i, i));
        }
        ContentDigest once = tree.digest();
        tree.add(new ContentDigest(0, 0));
        assertNotEquals(once, tree.digest());
    }

    @Test
    void theTreeTellsTheDigestOfEachBlock() {
        ContentDigest.Tree tree = new ContentDigest.Tree();
        for (int i = 0; i < 5; i++) {
            tree.add(new ContentDigest(10 + i, 20 + i));
        }
        for (int i = 0; i < 5; i++) {
            assertTrue(tree.matches(i, new ContentDigest(10 + i, 20 + i)));
            assertFalse(tree.matches(i, new ContentDigest(11 + i, 20 + i)));
            assertFalse(tree.matches(i, new ContentDigest(10 + i, 21 + i)));
        }
        ByteBuffer leaves = tree.leaves();
        assertEquals(5 * 16, leaves.remaining());
        assertEquals(10, leaves.getLong());
        assertEquals(20, leaves.getLong());
    }

    @Test
    void aPrefixHasTheDigestOfItsBytes() {
        byte[] bytes = "a growing prefix".getBytes(StandardCharsets.US_ASCII);
        ContentDigest.Prefix prefix = new ContentDigest.Prefix();
        assertEquals(ContentDigest.ofBlock(bytes, 0), prefix.digest());
        prefix.add(bytes, 0, 3);
        assertEquals(ContentDigest.ofBlock(bytes, 3), prefix.digest());
        prefix.add(bytes, 3, bytes.length - 3);
        assertEquals(ContentDigest.ofBlock(bytes, bytes.length), prefix.digest());
    }

    @Test
    void theTreeTellsTheDigestOfItsFirstBlocksInAnyOrder() {
        ContentDigest[] blocks =
                IntStream.range(0, 40).mapToObj(i -> new ContentDigest(i, -i)).toArray(ContentDigest[]::new);
        ContentDigest.Tree tree = new ContentDigest.Tree();
        for (ContentDigest block : blocks) {
            tree.add(block);
        }
        for (int count : new int[] {3, 3, 7, 40, 0, 39, 40, 1}) {
            assertEquals(digest(Arrays.copyOf(blocks, count)), tree.digest(count));
        }
        assertEquals(tree.digest(40), tree.digest());
        assertThrows(IllegalArgumentException.class, () -> tree.digest(41));
    }

    private static ContentDigest digest(ContentDigest... blocks) {
        ContentDigest.Tree tree = new ContentDigest.Tree();
        for (ContentDigest block : blocks) {
            tree.add(block);
        }
        return tree.digest();
    }
}
