package dev.lineserver.store;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import dev.lineserver.line.ContentDigest;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** Tests how many lines are read together: enough for a node to be fast, and few enough for the heap. */
final class LookupRangeTest {
    private static final int LINES = 500_000;

    /** The first number of lines that was looked up together. */
    private int together;

    /** A version whose lookups are never completed. */
    private final class UnansweredLines implements Snapshot {
        private final int longest;
        private final int linesPerRead;

        UnansweredLines(int longest, int linesPerRead) {
            this.longest = longest;
            this.linesPerRead = linesPerRead;
        }

        @Override
        public Manifest manifest() {
            Content content = new Content(LINES, LINES * (longest + 1L), new ContentDigest(1, 2), longest, true);
            return new Manifest(DatasetName.DEFAULT, 1, content, "text", "layout", Instant.EPOCH, List.of());
        }

        @Override
        public int linesPerRead() {
            return linesPerRead;
        }

        @Override
        public CompletionStage<Lookup> lookup(long lineIndex) {
            return new CompletableFuture<>();
        }

        @Override
        public CompletionStage<List<Lookup>> lookupAll(long[] lineIndices) {
            together = lineIndices.length;
            return new CompletableFuture<>();
        }

        @Override
        public void close() {}
    }

    @ParameterizedTest(name = "lines of {0} bytes, {1} in a record")
    @CsvSource({
        "88, 1, 256",
        "88, 184, 2944",
        "131072, 1, 2",
        // Their objects take more heap than their bytes.
        "10, 1489, 2978",
        "0, 4096, 4096",
        "88, 4096, 4096",
    })
    void aBatchIsBoundedByItsBytesAndByItsLines(int longest, int linesPerRead, int expected) {
        CompletionStage<?> _ =
                new UnansweredLines(longest, linesPerRead).range(0, LINES).fill(ByteBuffer.allocate(9));
        assertEquals(expected, together);
    }
}
