package dev.lineserver.store.embedded;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

import dev.lineserver.ingest.IngestOptions;
import dev.lineserver.ingest.PublicationChecks;
import dev.lineserver.line.ContentDigest;
import dev.lineserver.line.Limits;
import dev.lineserver.line.LineSplitter;
import dev.lineserver.line.Newlines;
import dev.lineserver.store.Await;
import dev.lineserver.store.Build;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.BuildRequest.SourceFile;
import dev.lineserver.store.Content;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.FileStamp;
import dev.lineserver.store.LineStoreContract;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Samples;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.embedded.index.LineIndex;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

/** Stores small files as versions of the default dataset, and checks what is stored. */
final class StoredFiles {
    /** Number of bytes that are split at a time. */
    private static final int PIECE_BYTES = 16_000;

    private StoredFiles() {}

    /** The forms in which the store keeps lines. */
    enum Form {
        IN_PLACE,
        COPY,
        COMPRESSED;

        IngestOptions options() {
            return new IngestOptions(
                    DatasetName.DEFAULT,
                    this == COPY,
                    false,
                    0,
                    false,
                    LinesPerRecord.ONE,
                    this == COMPRESSED,
                    null,
                    PublicationChecks.NONE,
                    IngestOptions.Unfinished.REFUSE);
        }
    }

    static Manifest put(EmbeddedStore store, Path file, boolean copy, int keep, boolean hold) throws Exception {
        return put(store, file, copy ? Form.COPY : Form.IN_PLACE, keep, hold);
    }

    static Manifest put(EmbeddedStore store, Path file, Form form, int keep, boolean hold) throws Exception {
        byte[] content = Files.readAllBytes(file);
        try (Build build = store.begin(request(file, form, keep, hold, false))) {
            add(build, content, content.length);
            return commit(build, content);
        }
    }

    static BuildRequest request(Path file, Form form, int keep, boolean hold, boolean resume) throws Exception {
        return new BuildRequest(
                DatasetName.DEFAULT,
                file.toString(),
                new SourceFile(file.toAbsolutePath(), FileStamp.of(file)),
                form == Form.COPY,
                keep,
                hold,
                LinesPerRecord.ONE,
                form == Form.COMPRESSED,
                resume);
    }

    /** Adds the first bytes of a content, up to the last line that ends in them unless these are all. */
    static void add(Build build, byte[] content, int length) throws Exception {
        build.readFrom(blocks(content));
        LineSplitter<StoreException> splitter = new LineSplitter<>(Limits.LONGEST_LINE_BYTES, build::add);
        int[] newlines = new int[PIECE_BYTES];
        for (int at = 0; at < length; at += PIECE_BYTES) {
            byte[] piece = Arrays.copyOfRange(content, at, Math.min(length, at + PIECE_BYTES));
            splitter.add(piece, piece.length, newlines, Newlines.find(piece, 0, piece.length, newlines));
        }
        if (length == content.length) {
            splitter.finish();
        }
    }

    static Manifest commit(Build build, byte[] content) throws Exception {
        ContentDigest.Tree blocks = blocks(content);
        List<byte[]> lines = Samples.linesOf(content);
        int longest = lines.stream().mapToInt(line -> line.length).max().orElse(0);
        boolean terminated = content.length == 0 || content[content.length - 1] == '\n';
        return build.commit(
                new Content(lines.size(), content.length, blocks.digest(), longest, terminated), blocks, List.of());
    }

    private static ContentDigest.Tree blocks(byte[] content) {
        ContentDigest.Tree blocks = new ContentDigest.Tree();
        for (int at = 0; at < content.length; at += Limits.BLOCK_BYTES) {
            byte[] block = Arrays.copyOfRange(content, at, Math.min(content.length, at + Limits.BLOCK_BYTES));
            blocks.add(ContentDigest.ofBlock(block, block.length));
        }
        return blocks;
    }

    /** Describes the versions of the dataset: {@code "1 KEPT, 2 CURRENT, 2 given"}; empty if there are none. */
    static String describe(EmbeddedStore store) throws Exception {
        return LineStoreContract.describeVersions(store, DatasetName.DEFAULT);
    }

    /**
     * Checks the place of each line in the index, and reads the lines with one read: a read of each would take most of the
     * time of the tests that check a thousand states.
     */
    static void assertHolds(EmbeddedStore store, Manifest manifest, byte[] content, String what) throws Exception {
        List<byte[]> lines = Samples.linesOf(content);
        assertEquals(lines.size(), manifest.lineCount(), what);
        try (Snapshot snapshot = store.open(manifest)) {
            LineIndex index = assertInstanceOf(EmbeddedSnapshot.class, snapshot).index();
            long start = 0;
            for (int i = 0; i < lines.size(); i++) {
                assertEquals(start, index.start(i), what);
                assertEquals(lines.get(i).length, index.length(i), what);
                start += lines.get(i).length + 1;
            }
            ByteBuffer read = ByteBuffer.allocate(content.length + 1);
            Await.result(snapshot.range(0, lines.size()).fill(read));
            assertArrayEquals(content, Arrays.copyOf(read.array(), read.position()), what);
        }
    }
}
