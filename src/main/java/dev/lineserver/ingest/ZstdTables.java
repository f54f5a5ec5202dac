package dev.lineserver.ingest;

import java.util.Arrays;

/**
 * The decoding tables of Zstandard. An entry of a table is an {@code int}: the symbol in the lowest byte, the number of
 * bits in the next one, and above them, in a table of finite-state entropy (FSE), the base of the next state. Format: RFC
 * 8878, section 4.
 */
final class ZstdTables {
    /** Greatest logarithm of the size of a Huffman table. */
    static final int MAX_HUFFMAN_LOG = 11;

    private static final int MIN_FSE_LOG = 5;
    private static final int MAX_WEIGHTS_LOG = 6;
    private static final int MAX_SYMBOLS = 256;

    private ZstdTables() {}

    static int symbol(int entry) {
        return entry & 0xFF;
    }

    static int bits(int entry) {
        return entry >>> 8 & 0xFF;
    }

    static int base(int entry) {
        return entry >>> 16;
    }

    /** An FSE or a Huffman table, and the end of its description in the block. */
    record Table(int[] entries, int log, int end) {}

    /** Returns a table with one symbol, which takes no bits. */
    static Table repeated(int symbol, int end) {
        return new Table(new int[] {symbol}, 0, end);
    }

    /** Reads the description of an FSE table, which begins at {@code from} and ends before {@code to}. */
    static Table readFse(byte[] in, int from, int to, int maxLog, int maxSymbol) throws ZstdDamage {
        int bit = 8 * from;
        int log = MIN_FSE_LOG + bits(in, bit, 4);
        bit += 4;
        if (log > maxLog) {
            throw invalid();
        }
        short[] counts = new short[maxSymbol + 1];
        int symbol = 0;
        int remaining = 1 << log;
        while (remaining > 0 && symbol <= maxSymbol && bit < 8 * to) {
            // The count takes one bit less if it is below a threshold.
            int width = Integer.SIZE - Integer.numberOfLeadingZeros(remaining + 1);
            int value = bits(in, bit, width);
            int low = value & ((1 << (width - 1)) - 1);
            int threshold = (1 << width) - 2 - remaining;
            bit += width;
            if (low < threshold) {
                value = low;
                bit--;
            } else if (value >= 1 << (width - 1)) {
                value -= threshold;
            }
            // A count of -1 stands for "less than 1".
            int count = value - 1;
            remaining -= Math.abs(count);
            counts[symbol++] = (short) count;
            if (count == 0) {
                int zeros;
                do {
                    zeros = bits(in, bit, 2);
                    bit += 2;
                    symbol += zeros;
                } while (zeros == 3 && bit < 8 * to);
            }
        }
        int end = (bit + 7) >>> 3;
        if (remaining != 0 || symbol > maxSymbol + 1 || end > to) {
            throw invalid();
        }
        return fse(counts, log, end);
    }

    private static int bits(byte[] in, int at, int count) {
        int word = 0;
        for (int i = 2; i >= 0; i--) {
            int index = (at >>> 3) + i;
            word = word << 8 | (index < in.length ? Byte.toUnsignedInt(in[index]) : 0);
        }
        return word >>> (at & 7) & ((1 << count) - 1);
    }

    /** Returns the FSE table with these counts, whose sum is the size of the table. */
    static Table fse(short[] counts, int log, int end) throws ZstdDamage {
        int size = 1 << log;
        int high = size;
        int[] symbols = new int[size];
        int[] next = new int[counts.length];
        for (int symbol = 0; symbol < counts.length; symbol++) {
            next[symbol] = Math.abs(counts[symbol]);
            if (counts[symbol] < 0) {
                symbols[--high] = symbol;
            }
        }
        int step = (size >> 1) + (size >> 3) + 3;
        int at = 0;
        for (int symbol = 0; symbol < counts.length; symbol++) {
            for (int i = counts[symbol]; i > 0; i--) {
                symbols[at] = symbol;
                do {
                    at = (at + step) & (size - 1);
                } while (at >= high);
            }
        }
        if (at != 0) {
            throw invalid();
        }
        int[] entries = new int[size];
        for (int i = 0; i < size; i++) {
            int state = next[symbols[i]]++;
            int bits = log - (Integer.SIZE - 1 - Integer.numberOfLeadingZeros(state));
            entries[i] = symbols[i] | bits << 8 | ((state << bits) - size) << 16;
        }
        return new Table(entries, log, end);
    }

    /** Reads the description of a Huffman table, which begins at {@code from} and ends before {@code to}. */
    static Table readHuffman(byte[] in, int from, int to) throws ZstdDamage {
        if (from >= to) {
            throw invalid();
        }
        int header = Byte.toUnsignedInt(in[from]);
        int[] weights = new int[MAX_SYMBOLS];
        int count;
        int end;
        if (header < 128) {
            end = from + 1 + header;
            count = end > to ? -1 : readWeights(in, from + 1, end, weights);
        } else {
            count = header - 127;
            end = from + 1 + (count + 1) / 2;
            for (int i = 0; i < count && end <= to; i++) {
                weights[i] = in[from + 1 + i / 2] >>> (i % 2 == 0 ? 4 : 0) & 0x0F;
            }
        }
        if (count <= 0 || end > to) {
            throw invalid();
        }
        return huffman(weights, count, end);
    }

    /** Returns the number of weights, which two alternating FSE states encode. */
    private static int readWeights(byte[] in, int from, int to, int[] weights) throws ZstdDamage {
        Table table = readFse(in, from, to, MAX_WEIGHTS_LOG, MAX_HUFFMAN_LOG + 1);
        ZstdBits bits = new ZstdBits(in, table.end(), to);
        int[] states = {bits.read(table.log()), bits.read(table.log())};
        int count = 0;
        // The stream ends if a state cannot be renewed; the other one then has one more symbol.
        for (int turn = 0; count < MAX_SYMBOLS - 2; turn ^= 1) {
            int entry = table.entries()[states[turn]];
            weights[count++] = symbol(entry);
            states[turn] = base(entry) + bits.read(bits(entry));
            if (bits.left() < 0) {
                weights[count++] = symbol(table.entries()[states[turn ^ 1]]);
                return count;
            }
        }
        throw invalid();
    }

    private static Table huffman(int[] weights, int count, int end) throws ZstdDamage {
        int sum = 0;
        for (int weight : weights) {
            if (weight > MAX_HUFFMAN_LOG) {
                throw invalid();
            }
            sum += (1 << weight) >> 1;
        }
        // The weight of the last symbol is not stored: it completes the sum to a power of two.
        int log = Integer.SIZE - Integer.numberOfLeadingZeros(sum);
        int left = (1 << log) - sum;
        if (sum == 0 || log > MAX_HUFFMAN_LOG || Integer.bitCount(left) != 1) {
            throw invalid();
        }
        weights[count] = Integer.SIZE - Integer.numberOfLeadingZeros(left);
        int[] entries = new int[1 << log];
        int at = 0;
        for (int weight = 1; weight <= log; weight++) {
            for (int symbol = 0; symbol <= count; symbol++) {
                if (weights[symbol] == weight) {
                    int next = at + (1 << (weight - 1));
                    Arrays.fill(entries, at, next, symbol | (log + 1 - weight) << 8);
                    at = next;
                }
            }
            if (weight == 1 && at < 2) {
                throw invalid();
            }
        }
        return new Table(entries, log, end);
    }

    private static ZstdDamage invalid() {
        return new ZstdDamage("a table is invalid");
    }
}
