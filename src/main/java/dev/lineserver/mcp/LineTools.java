package dev.lineserver.mcp;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.stream.LongStream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.lineserver.line.LineNumbers;
import dev.lineserver.serving.Datasets;
import dev.lineserver.store.LineDamagedException;
import dev.lineserver.store.LineParts;
import dev.lineserver.store.LineRange;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Quantities;
import dev.lineserver.store.StoreException;

/**
 * The tools that read lines, for a client with its grants. Their methods wait for the store, and may be called on several
 * threads.
 */
record LineTools(
        Datasets datasets,
        Predicate<String> mayRead,
        LineNumbers numbers,
        Duration timeout,
        BiConsumer<Manifest, StoreException> failures) {
    private static final int DEFAULT_COUNT = 100;
    private static final int DEFAULT_SAMPLE = 10;
    /** Each line of a sample has at least this number of bytes of the answer. */
    private static final int MIN_SAMPLE_BYTES = 256;

    private static final String DATASET = "dataset";
    private static final String VERSION = "version";

    private interface Reading {
        void read(VersionReader reader, ObjectNode answer) throws ToolFailure, StoreException, InterruptedException;
    }

    /** Reads a version, and describes a failure of the store in words. */
    private ObjectNode read(ToolArguments arguments, Reading reading) throws ToolFailure, InterruptedException {
        String named = arguments.text(DATASET);
        String name = named == null ? datasets.defaultName() : named;
        requireGranted(name);
        try (VersionReader reader = VersionReader.open(datasets, name, arguments.number(VERSION), timeout)) {
            Manifest manifest = reader.version.manifest();
            try {
                ObjectNode answer = McpServer.JSON
                        .createObjectNode()
                        .put(DATASET, name)
                        .put(VERSION, manifest.version())
                        .put("line_count", manifest.lineCount());
                reading.read(reader, answer);
                return answer;
            } catch (StoreException e) {
                failures.accept(manifest, e);
                throw e;
            }
        } catch (LineDamagedException e) {
            throw new ToolFailure("line " + numbers.number(e.lineIndex()) + " is damaged: " + e.getMessage()
                    + "; the lines before and after it may be readable");
        } catch (StoreException e) {
            throw new ToolFailure(e.getMessage());
        }
    }

    ObjectNode readLines(JsonNode json) throws ToolFailure, InterruptedException {
        ToolArguments arguments = new ToolArguments(json, Set.of(DATASET, VERSION, "start", "count", "max_bytes"));
        OptionalLong start = arguments.number("start");
        long count = arguments.count("count", DEFAULT_COUNT, Long.MAX_VALUE);
        int maxBytes = arguments.maxBytes();
        long first;
        try {
            first = start.isEmpty() ? 0 : numbers.index(Long.toString(start.getAsLong()));
        } catch (IllegalArgumentException e) {
            throw new ToolFailure("'start' is " + start.getAsLong() + ", but " + e.getMessage());
        }
        return read(arguments, (reader, answer) -> {
            long lineCount = reader.version.manifest().lineCount();
            if (first >= lineCount) {
                throw new ToolFailure("line " + start.orElse(numbers.first()) + " is beyond the end: the dataset has "
                        + Quantities.ungrouped(lineCount, "line", "lines")
                        + (lineCount == 0 ? "" : ", and the last one is " + numbers.number(lineCount - 1)));
            }
            long end = first + Math.min(count, lineCount - first);
            CappedLines lines = new CappedLines(numbers, maxBytes);
            long next = addRange(reader, first, end, maxBytes, lines);
            answer.set("lines", lines.json());
            if (next < lineCount) {
                answer.put("next", numbers.number(next));
            } else {
                answer.put("end", true);
            }
        });
    }

    /**
     * Adds consecutive lines until the answer is full. The bytes of a line are no more than those of its JSON, so one block
     * of the limit has all lines that have room.
     *
     * @return the index after the last line that was added
     */
    private static long addRange(VersionReader reader, long first, long end, int maxBytes, CappedLines lines)
            throws ToolFailure, StoreException, InterruptedException {
        ByteBuffer block = LineRange.allocateBlock(maxBytes);
        reader.await(reader.version.range(first, end).fill(block));
        byte[] bytes = new byte[block.position()];
        block.flip().get(bytes);
        boolean full = bytes.length == maxBytes;
        long index = first;
        for (int at = 0; index < end; index++) {
            int stop = at;
            while (stop < bytes.length && bytes[stop] != '\n') {
                stop++;
            }
            boolean whole = stop < bytes.length || !full;
            byte[] line = Arrays.copyOfRange(bytes, at, stop);
            if (!whole || !lines.add(index, line, lines.remaining())) {
                if (lines.isEmpty()) {
                    lines.addCut(index, line, whole ? line.length : length(reader, index), lines.remaining());
                    index++;
                }
                break;
            }
            at = stop + 1;
        }
        return index;
    }

    private static long length(VersionReader reader, long lineIndex) throws StoreException, InterruptedException {
        return switch (reader.await(reader.version.lookup(lineIndex))) {
            case Lookup.Found(byte[] line) -> line.length;
            case Lookup.FoundInParts found -> found.parts().length();
            case Lookup.Damaged(String detail) -> throw new LineDamagedException(lineIndex, detail);
            case Lookup.PastTheEnd pastTheEnd -> throw new IllegalStateException(lineIndex + ": " + pastTheEnd);
        };
    }

    ObjectNode sample(JsonNode json) throws ToolFailure, InterruptedException {
        ToolArguments arguments = new ToolArguments(json, Set.of(DATASET, VERSION, "n", "seed", "max_bytes"));
        int maxBytes = arguments.maxBytes();
        int n = (int) arguments.count("n", DEFAULT_SAMPLE, maxBytes / MIN_SAMPLE_BYTES);
        OptionalLong seed = arguments.number("seed");
        return read(arguments, (reader, answer) -> {
            long[] indices = sampled(reader.version.manifest().lineCount(), n, seed);
            CappedLines lines = new CappedLines(numbers, maxBytes);
            for (int i = 0; i < indices.length; i++) {
                // What short lines leave is for the lines after them.
                add(reader, indices[i], lines, lines.remaining() / (indices.length - i));
            }
            answer.set("lines", lines.json());
        });
    }

    /** Returns line indices in ascending order: evenly spread from the first to the last line, or random by a seed. */
    static long[] sampled(long lineCount, int n, OptionalLong seed) {
        if (n >= lineCount) {
            return LongStream.range(0, lineCount).toArray();
        }
        return seed.isPresent()
                ? new Random(seed.getAsLong())
                        .longs(0, lineCount)
                        .distinct()
                        .limit(n)
                        .sorted()
                        .toArray()
                : LongStream.range(0, n)
                        .map(i -> n == 1 ? 0 : i * (lineCount - 1) / (n - 1))
                        .toArray();
    }

    private static void add(VersionReader reader, long lineIndex, CappedLines lines, int room)
            throws StoreException, InterruptedException {
        switch (reader.await(reader.version.lookup(lineIndex))) {
            case Lookup.Found(byte[] line) -> add(lineIndex, cappedAt(line, room), line.length, lines, room);
            case Lookup.FoundInParts(LineParts parts) ->
                add(lineIndex, beginning(reader, parts, room), parts.length(), lines, room);
            case Lookup.Damaged(String detail) -> throw new LineDamagedException(lineIndex, detail);
            case Lookup.PastTheEnd pastTheEnd -> throw new IllegalStateException(lineIndex + ": " + pastTheEnd);
        }
    }

    /** @param bytes the line, or its first {@code room} bytes, which as JSON have no room */
    private static void add(long lineIndex, byte[] bytes, long length, CappedLines lines, int room) {
        if (bytes.length < length || !lines.add(lineIndex, bytes, room)) {
            lines.addCut(lineIndex, bytes, length, room);
        }
    }

    /** Reads no more parts than have room. */
    private static byte[] beginning(VersionReader reader, LineParts parts, int room)
            throws StoreException, InterruptedException {
        ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(parts.length(), room));
        for (int part = 0; bytes.hasRemaining(); part++) {
            byte[] read = reader.await(parts.read(part));
            bytes.put(read, 0, Math.min(read.length, bytes.remaining()));
        }
        return bytes.array();
    }

    private static byte[] cappedAt(byte[] line, int room) {
        return line.length <= room ? line : Arrays.copyOf(line, room);
    }

    /** Fails in the same way whether or not there is such a dataset. */
    private void requireGranted(String name) throws ToolFailure {
        if (!mayRead.test(name)) {
            throw new ToolFailure("the key of this client does not grant dataset " + name
                    + "; the tool stat lists the datasets that it grants");
        }
    }

    ObjectNode stat(JsonNode json) throws ToolFailure {
        String name = new ToolArguments(json, Set.of(DATASET)).text(DATASET);
        try {
            if (name != null) {
                requireGranted(name);
                return DatasetFacts.describe(datasets, List.of(VersionReader.find(datasets, name)));
            }
            return DatasetFacts.describe(
                    datasets,
                    datasets.all().stream()
                            .filter(dataset -> mayRead.test(dataset.name()))
                            .toList());
        } catch (StoreException e) {
            throw new ToolFailure(e.getMessage());
        }
    }
}
