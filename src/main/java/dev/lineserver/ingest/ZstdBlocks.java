package dev.lineserver.ingest;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

import org.jspecify.annotations.Nullable;

import dev.lineserver.ingest.ZstdTables.Table;

/**
 * Unpacks the compressed blocks of a Zstandard frame. A block has literals, and sequences: copy some literals, then copy a
 * match, which begins a distance before. Tables and distances may refer to those of earlier blocks of the frame. Used by one
 * thread. Format: RFC 8878, section 3.1.1.3.
 */
final class ZstdBlocks {
    /** Longest block, packed and unpacked. */
    static final int MAX_BLOCK = 128 << 10;

    /** Number of bytes that input and output arrays must have behind a block. */
    static final int SLACK = 32;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** For each code of a length: the smallest length. */
    private static final int[] LITERAL_BASES = new int[36];

    private static final int[] MATCH_BASES = new int[53];
    /** For each code of a length: the number of bits to add. */
    private static final int[] LITERAL_BITS = {
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        16
    };

    private static final int[] MATCH_BITS = {
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2,
        2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
    };

    static {
        fillBases(LITERAL_BASES, LITERAL_BITS, 0);
        fillBases(MATCH_BASES, MATCH_BITS, 3);
    }

    private static void fillBases(int[] bases, int[] bits, int first) {
        int base = first;
        for (int code = 0; code < bases.length; code++) {
            bases[code] = base;
            base += 1 << bits[code];
        }
    }

    /** A kind of symbols of sequences. */
    private static final class SequenceSymbol {
        /** Number of the kind, in the order of the tables. */
        private final int index;

        private final int maxLog;
        private final int maxSymbol;
        private final int predefinedLog;
        private final short[] predefined;

        /** @param predefined counts of the table that needs no description */
        SequenceSymbol(int index, int maxLog, int maxSymbol, int predefinedLog, short[] predefined) {
            this.index = index;
            this.maxLog = maxLog;
            this.maxSymbol = maxSymbol;
            this.predefinedLog = predefinedLog;
            this.predefined = predefined;
        }
    }

    private static final SequenceSymbol LITERALS = new SequenceSymbol(0, 9, 35, 6, new short[] {
        4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1
    });

    private static final SequenceSymbol DISTANCE = new SequenceSymbol(1, 8, 31, 5, new short[] {
        1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1
    });

    private static final SequenceSymbol MATCH = new SequenceSymbol(2, 9, 52, 6, new short[] {
        1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1
    });

    private static final List<SequenceSymbol> KINDS = List.of(LITERALS, DISTANCE, MATCH);

    private final ZstdLiterals literals = new ZstdLiterals();
    private final @Nullable Table[] tables = new @Nullable Table[KINDS.size()];
    /** The distances that were used last. */
    private int distance1;

    private int distance2;
    private int distance3;

    /** Forgets what a frame has left. */
    void reset() {
        literals.reset();
        Arrays.fill(tables, null);
        distance1 = 1;
        distance2 = 4;
        distance3 = 8;
    }

    /**
     * Unpacks a block.
     *
     * @param out array whose bytes before {@code at} matches may copy
     * @param limit the most that the end of the block may be
     * @return the end of the block in {@code out}
     */
    int unpack(byte[] in, int length, byte[] out, int at, int limit) throws ZstdDamage {
        return readSequences(in, literals.read(in, length), length, out, at, limit);
    }

    private int readSequences(byte[] in, int from, int length, byte[] out, int start, int limit) throws ZstdDamage {
        if (from >= length) {
            throw invalid();
        }
        int at = from + 1;
        int count = Byte.toUnsignedInt(in[from]);
        if (count == 255) {
            count = (int) ZstdLiterals.number(in, at, 2) + 0x7F00;
            at += 2;
        } else if (count >= 128) {
            count = ((count - 128) << 8) + Byte.toUnsignedInt(in[at++]);
        }
        if (count == 0) {
            if (at != length || literals.count() > limit - start) {
                throw invalid();
            }
            System.arraycopy(literals.bytes(), 0, out, start, literals.count());
            return start + literals.count();
        }
        at = readTables(in, at, length);
        return execute(new ZstdBits(in, at, length), count, out, start, limit);
    }

    private int readTables(byte[] in, int from, int length) throws ZstdDamage {
        int modes = Byte.toUnsignedInt(in[from]);
        int at = from + 1;
        if (at > length || (modes & 3) != 0) {
            throw invalid();
        }
        for (SequenceSymbol kind : KINDS) {
            int mode = modes >>> (6 - 2 * kind.index) & 3;
            @Nullable
            Table table = switch (mode) {
                case 0 -> ZstdTables.fse(kind.predefined, kind.predefinedLog, at);
                case 1 -> ZstdTables.repeated(Byte.toUnsignedInt(in[at]), at + 1);
                case 2 -> ZstdTables.readFse(in, at, length, kind.maxLog, kind.maxSymbol);
                default -> tables[kind.index];
            };
            if (table == null) {
                throw invalid();
            }
            if (mode != 3) {
                at = table.end();
            }
            if (at > length || (table.log() == 0 && table.entries()[0] > kind.maxSymbol)) {
                throw invalid();
            }
            tables[kind.index] = table;
        }
        return at;
    }

    private Table table(SequenceSymbol kind) throws ZstdDamage {
        Table table = tables[kind.index];
        if (table == null) {
            throw invalid();
        }
        return table;
    }

    private int execute(ZstdBits bits, int count, byte[] out, int start, int limit) throws ZstdDamage {
        int[] literalTable = table(LITERALS).entries();
        int[] distanceTable = table(DISTANCE).entries();
        int[] matchTable = table(MATCH).entries();
        int literalState = bits.read(table(LITERALS).log());
        int distanceState = bits.read(table(DISTANCE).log());
        int matchState = bits.read(table(MATCH).log());
        int at = start;
        int literal = 0;
        for (int i = 0; i < count; i++) {
            int literalEntry = literalTable[literalState];
            int distanceEntry = distanceTable[distanceState];
            int matchEntry = matchTable[matchState];
            int distanceCode = ZstdTables.symbol(distanceEntry);
            int matchCode = ZstdTables.symbol(matchEntry);
            int literalCode = ZstdTables.symbol(literalEntry);
            // The value may have 32 bits. A distance of 2 GiB and more is beyond any window here.
            long value = (1L << distanceCode) + Integer.toUnsignedLong(bits.read(distanceCode));
            int match = MATCH_BASES[matchCode] + bits.read(MATCH_BITS[matchCode]);
            int copied = LITERAL_BASES[literalCode] + bits.read(LITERAL_BITS[literalCode]);
            int distance = distance(value, copied == 0);
            if (i < count - 1) {
                literalState = ZstdTables.base(literalEntry) + bits.read(ZstdTables.bits(literalEntry));
                matchState = ZstdTables.base(matchEntry) + bits.read(ZstdTables.bits(matchEntry));
                distanceState = ZstdTables.base(distanceEntry) + bits.read(ZstdTables.bits(distanceEntry));
            }
            if (bits.left() < 0
                    || copied > literals.count() - literal
                    || copied + match > limit - at
                    || distance > at + copied
                    || distance <= 0) {
                throw invalid();
            }
            copyLiterals(literal, out, at, copied);
            literal += copied;
            at += copied;
            copyMatch(out, at, distance, match);
            at += match;
        }
        int rest = literals.count() - literal;
        if (bits.left() != 0 || rest > limit - at) {
            throw invalid();
        }
        System.arraycopy(literals.bytes(), literal, out, at, rest);
        return at + rest;
    }

    /** Returns a distance, and remembers it; 0 or less if it is invalid. Values up to 3 stand for one of the last ones. */
    private int distance(long value, boolean noLiterals) {
        if (value > 3) {
            distance3 = distance2;
            distance2 = distance1;
            distance1 = (int) Math.min(value - 3, Integer.MAX_VALUE);
            return distance1;
        }
        int index = (int) value - (noLiterals ? 0 : 1);
        int distance = switch (index) {
            case 0 -> distance1;
            case 1 -> distance2;
            case 2 -> distance3;
            default -> distance1 - 1;
        };
        if (index > 1) {
            distance3 = distance2;
        }
        if (index > 0) {
            distance2 = distance1;
        }
        distance1 = distance;
        return distance;
    }

    /** Copies in words of eight bytes, the last of which may overwrite bytes of the slack. */
    private void copyLiterals(int from, byte[] out, int at, int count) {
        if (count > SLACK) {
            System.arraycopy(literals.bytes(), from, out, at, count);
            return;
        }
        for (int i = 0; i < count; i += Long.BYTES) {
            LONGS.set(out, at + i, (long) LONGS.get(literals.bytes(), from + i));
        }
    }

    /** As {@link #copyLiterals}; a match may overlap its copy, and then the bytes between the two repeat. */
    private static void copyMatch(byte[] out, int at, int distance, int count) {
        int from = at - distance;
        if (distance >= Long.BYTES && count <= 2 * SLACK) {
            for (int i = 0; i < count; i += Long.BYTES) {
                LONGS.set(out, at + i, (long) LONGS.get(out, from + i));
            }
            return;
        }
        int to = at;
        for (int left = count; left > 0; ) {
            int copied = Math.min(to - from, left);
            System.arraycopy(out, from, out, to, copied);
            to += copied;
            left -= copied;
        }
    }

    private static ZstdDamage invalid() {
        return new ZstdDamage("a block is invalid");
    }
}
