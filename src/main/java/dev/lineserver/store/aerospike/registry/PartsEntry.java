package dev.lineserver.store.aerospike.registry;

import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.Content;
import dev.lineserver.store.IngestPart;
import dev.lineserver.store.PartBuild.Chunk;

/**
 * The work of several processes on one version: who stores which chunk of the lines, and which chunks are stored.
 * Immutable; each method returns the entry after a change, and returns an equal one if it is applied again.
 *
 * <p>A part claims one chunk at a time. A claim is valid until the part's time is over, which its process renews. When all
 * chunks are stored, one part claims the publication, which has the number after the last chunk. A process whose claim
 * expired may go on writing: it writes the same bytes under the same keys as the one that claimed the chunk after it.
 *
 * @param count number of parts
 * @param lineCount number of lines of the content
 * @param byteCount number of bytes of the content
 * @param digest of the content; no process with another content can join
 * @param linesPerRecord number of consecutive lines in a record
 * @param compressed as in {@link StoredPrefix}
 * @param maxBytesPerRecord longest line, in bytes, that is stored in one record
 * @param chunkLines number of lines in each chunk but the last, a multiple of {@code linesPerRecord}
 * @param stored the numbers of the stored chunks: a bit set, lowest bits first, in hexadecimal digits
 * @param longLineParts number of records for parts of long lines, by the number of the stored chunk, if there are any
 * @param parts by part number
 */
record PartsEntry(
        int count,
        long lineCount,
        long byteCount,
        String digest,
        int linesPerRecord,

        @JsonSetter(nulls = Nulls.AS_EMPTY) @JsonInclude(JsonInclude.Include.NON_DEFAULT)
        boolean compressed,

        int maxBytesPerRecord,
        long chunkLines,
        String stored,
        SortedMap<String, Long> longLineParts,
        SortedMap<String, PartEntry> parts) {
    /** Every part has several chunks, so that all end at about the same time. */
    private static final int CHUNKS_PER_PART = 16;

    /** A chunk that is interrupted is written again from its beginning. */
    private static final long CHUNK_BYTES = 128 << 20;

    private static final int MAX_CHUNKS = CHUNKS_PER_PART * IngestPart.MAX_COUNT;

    static PartsEntry of(int count, Content content, int linesPerRecord, boolean compressed, int maxBytesPerRecord) {
        long chunks = Math.clamp(content.byteCount() / CHUNK_BYTES, (long) count * CHUNKS_PER_PART, MAX_CHUNKS);
        long records = Math.ceilDiv(content.lineCount(), linesPerRecord);
        return new PartsEntry(
                count,
                content.lineCount(),
                content.byteCount(),
                content.digest().toString(),
                linesPerRecord,
                compressed,
                maxBytesPerRecord,
                Math.max(1, Math.ceilDiv(records, chunks)) * linesPerRecord,
                "",
                new TreeMap<>(),
                new TreeMap<>());
    }

    boolean isOf(Content content) {
        return lineCount == content.lineCount()
                && byteCount == content.byteCount()
                && digest.equals(content.digest().toString());
    }

    /** Returns the number of chunks; it is also the number of the publication. */
    int chunks() {
        return Math.toIntExact(Math.ceilDiv(lineCount, chunkLines));
    }

    Chunk lines(int chunk) {
        return new Chunk(chunk * chunkLines, Math.min(lineCount, (chunk + 1) * chunkLines));
    }

    private BitSet bits() {
        return BitSet.valueOf(HexFormat.of().parseHex(stored));
    }

    boolean isComplete() {
        return bits().cardinality() == chunks();
    }

    List<Chunk> storedChunks() {
        return bits().stream().mapToObj(this::lines).toList();
    }

    /** Returns the number of lines in stored chunks. */
    long storedLines() {
        return storedChunks().stream()
                .mapToLong(chunk -> chunk.end() - chunk.first())
                .sum();
    }

    /** Returns the number of lines that the processes of a part have stored. */
    long storedLines(int part) {
        PartEntry entry = find(part);
        return entry == null ? 0 : entry.lines();
    }

    /** Returns the number of records for all lines. */
    long recordCount() {
        return Math.ceilDiv(lineCount, linesPerRecord)
                + longLineParts.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Returns a part; null if no process has had it. */
    @Nullable
    PartEntry find(int part) {
        return parts.get(key(part));
    }

    /** Returns the names of the processes of live parts that meet a condition. */
    Set<String> holders(Predicate<String> condition) {
        return parts.values().stream()
                .filter(part -> part.until() > 0)
                .map(PartEntry::holder)
                .filter(condition)
                .collect(Collectors.toSet());
    }

    /** Marks the parts of these processes as ended. */
    PartsEntry leave(Set<String> holders) {
        PartsEntry after = this;
        for (int part = 1; part <= count; part++) {
            PartEntry entry = find(part);
            if (entry != null && holders.contains(entry.holder())) {
                after = after.leave(part, entry.holder());
            }
        }
        return after;
    }

    /** Returns true if that process has the part. */
    boolean isHeldBy(int part, String holder) {
        PartEntry entry = find(part);
        return entry != null && entry.holder().equals(holder);
    }

    /** Returns true if a process still works on a part. */
    boolean hasLivePart(long now) {
        return parts.values().stream().anyMatch(part -> part.isAlive(now));
    }

    /** Gives a part to a process. */
    PartsEntry join(int part, String holder, String owner, long until) {
        PartEntry before = find(part);
        return isHeldBy(part, holder)
                ? this
                : with(
                        part,
                        new PartEntry(holder, owner, until, PartEntry.NO_CHUNK, before == null ? 0 : before.lines()));
    }

    /** Renews the time of a part, unless another process has it. */
    PartsEntry renew(int part, String holder, long until) {
        return change(part, holder, entry -> entry.renewed(until));
    }

    /** Marks a part as ended, unless another process has it. */
    PartsEntry leave(int part, String holder) {
        return change(part, holder, PartEntry::ended);
    }

    private PartsEntry change(int part, String holder, UnaryOperator<PartEntry> change) {
        PartEntry entry = find(part);
        return entry != null && entry.holder().equals(holder) ? with(part, change.apply(entry)) : this;
    }

    /**
     * Marks a chunk as stored. Its process may do so even if the claim has expired: the records are acknowledged.
     *
     * @param longLineRecords number of records for parts of long lines in the chunk
     */
    PartsEntry finish(int part, int chunk, long longLineRecords) {
        BitSet bits = bits();
        PartEntry entry = find(part);
        if (entry == null) {
            return this;
        }
        PartEntry idle = entry.chunk() == chunk ? entry.withChunk(PartEntry.NO_CHUNK) : entry;
        if (bits.get(chunk)) {
            return with(part, idle);
        }
        bits.set(chunk);
        SortedMap<String, Long> longLines = new TreeMap<>(longLineParts);
        if (longLineRecords > 0) {
            longLines.put(key(chunk), longLineRecords);
        }
        long lines = entry.lines() + lines(chunk).end() - lines(chunk).first();
        return with(bits, longLines).with(part, idle.withLines(lines));
    }

    /**
     * Claims the first chunk that is neither stored nor claimed by a live process, or the publication. Keeps the claim that
     * the part has.
     */
    PartsEntry claim(int part, long now) {
        PartEntry entry = find(part);
        if (entry == null || entry.chunk() != PartEntry.NO_CHUNK) {
            return this;
        }
        BitSet taken = bits();
        parts.values().stream()
                .filter(other -> other.isAlive(now) && other.chunk() != PartEntry.NO_CHUNK)
                .forEach(other -> taken.set(other.chunk()));
        int next = taken.nextClearBit(0);
        boolean available = next < chunks() || (next == chunks() && isComplete());
        return available ? with(part, entry.withChunk(next)) : this;
    }

    /** Returns the number of the chunk, or of the publication, that a part has claimed. */
    int claimed(int part) {
        PartEntry entry = find(part);
        return entry == null ? PartEntry.NO_CHUNK : entry.chunk();
    }

    /** Marks the chunks from that of a line on as not stored: a node has lost records. */
    PartsEntry lose(long firstLost, int part) {
        int first = Math.toIntExact(firstLost / chunkLines);
        BitSet bits = bits();
        bits.clear(first, chunks());
        SortedMap<String, Long> longLines = new TreeMap<>(longLineParts);
        longLines.keySet().removeIf(chunk -> Integer.parseInt(chunk) >= first);
        PartEntry entry = find(part);
        PartsEntry after = with(bits, longLines);
        return entry == null ? after : after.with(part, entry.withChunk(PartEntry.NO_CHUNK));
    }

    private PartsEntry with(int part, PartEntry entry) {
        SortedMap<String, PartEntry> after = new TreeMap<>(parts);
        after.put(key(part), entry);
        return with(stored, longLineParts, after);
    }

    private PartsEntry with(BitSet bits, SortedMap<String, Long> longLines) {
        return with(HexFormat.of().formatHex(bits.toByteArray()), longLines, parts);
    }

    private PartsEntry with(String chunks, SortedMap<String, Long> longLines, SortedMap<String, PartEntry> holders) {
        return new PartsEntry(
                count,
                lineCount,
                byteCount,
                digest,
                linesPerRecord,
                compressed,
                maxBytesPerRecord,
                chunkLines,
                chunks,
                longLines,
                holders);
    }

    private static String key(int number) {
        return Integer.toString(number);
    }
}
