package dev.lineserver.ingest;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;

import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.lineserver.line.Limits;
import dev.lineserver.store.Content;
import dev.lineserver.store.PartBuild.Chunk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Reads random ranges of the lines of random files, which span several blocks. */
final class ChunkReaderTest {
    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);

    @TempDir
    Path directory;

    private byte[] text() {
        int size = random.nextInt(4 * Limits.BLOCK_BYTES);
        int[] lengths = {0, 1, 100, Limits.BLOCK_BYTES / 3, Limits.BLOCK_BYTES - 1, 2 * Limits.BLOCK_BYTES};
        int longest = lengths[random.nextInt(lengths.length)];
        byte[] text = new byte[size];
        random.nextBytes(text);
        for (int i = 0; i < size; i++) {
            text[i] = text[i] == '\n' ? (byte) 'n' : text[i];
        }
        for (int i = random.nextInt(longest + 1); i < size; i += 1 + random.nextInt(longest + 1)) {
            text[i] = '\n';
        }
        return text;
    }

    /** Returns the offset after so many terminators, or the end of the text. */
    private static int offset(byte[] text, long line) {
        int offset = 0;
        for (long found = 0; found < line && offset < text.length; offset++) {
            found += text[offset] == '\n' ? 1 : 0;
        }
        return offset;
    }

    @RepeatedTest(60)
    void aChunkHasTheBytesOfItsLines() throws Exception {
        byte[] text = text();
        Path file = Files.write(directory.resolve("text"), text);
        try (Source source = Source.open(file.toString())) {
            SourceReader counted = new SourceReader(source, Progress.SILENT);
            Content content = counted.read(_ -> {});
            ChunkReader reader = new ChunkReader(source, counted.newlineCounts(), counted.blocks());
            for (int i = 0; i < 8 && content.lineCount() > 0; i++) {
                long first = random.nextLong(content.lineCount());
                long end = random.nextInt(4) == 0
                        ? content.lineCount()
                        : random.nextLong(first + 1, Math.min(content.lineCount(), first + 5_000) + 1);
                ByteArrayOutputStream read = new ByteArrayOutputStream();
                long[] next = {first};
                reader.<RuntimeException>read(new Chunk(first, end), content.lineCount(), () -> {}, batch -> {
                    assertEquals(next[0], batch.firstLineIndex(), "seed " + seed);
                    next[0] += batch.count();
                    read.write(batch.bytes(), batch.start(0), batch.byteCount());
                });
                assertEquals(end, next[0], "seed " + seed);
                assertArrayEquals(
                        Arrays.copyOfRange(text, offset(text, first), offset(text, end)),
                        read.toByteArray(),
                        "seed " + seed + " lines " + first + " to " + end);
            }
        }
    }

    @Test
    void aFileThatChangedSinceItWasCountedIsRefused() throws Exception {
        byte[] text = "line of a text\n".repeat(60_000).getBytes(StandardCharsets.US_ASCII);
        Path file = Files.write(directory.resolve("text"), text);
        try (Source source = Source.open(file.toString())) {
            SourceReader counted = new SourceReader(source, Progress.SILENT);
            Content content = counted.read(_ -> {});
            ChunkReader reader = new ChunkReader(source, counted.newlineCounts(), counted.blocks());
            text[text.length / 2] ^= 1;
            Files.write(file, text, StandardOpenOption.WRITE);
            boolean[] passed = new boolean[1];
            SourceException refused = assertThrows(
                    SourceException.class,
                    () -> reader.<RuntimeException>read(
                            new Chunk(29_990, 30_010), content.lineCount(), () -> {}, _ -> passed[0] = true));
            assertTrue(refused.getMessage().contains("changed while it was read"), refused.getMessage());
            assertFalse(passed[0], "no line of the changed block is stored");
        }
    }
}
