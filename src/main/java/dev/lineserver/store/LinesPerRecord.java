package dev.lineserver.store;

/**
 * How many consecutive lines a database stores in one record. A store of files has no records, and ignores it.
 *
 * @param count from 1 to {@link #MAX}; 0 if the store chooses
 */
public record LinesPerRecord(int count) {
    /** A node finds one of so many lines within microseconds. */
    public static final int MAX = 4_096;

    /** Most that a line takes in a record, in bytes, if its own bytes are in other records. */
    public static final int HEADER_BYTES = 13;

    /** Each line is a record. */
    public static final LinesPerRecord ONE = new LinesPerRecord(1);

    /** Records have about 16 KiB. */
    public static final LinesPerRecord AUTO = new LinesPerRecord(0);

    private static final int AUTO_RECORD_BYTES = 16 << 10;
    private static final String AUTO_NAME = "auto";

    /** Checks the number. */
    public LinesPerRecord {
        if (count < 0 || count > MAX) {
            throw new IllegalArgumentException(count + " is not between 1 and " + MAX);
        }
    }

    /**
     * Parses the value of the setting.
     *
     * @throws IllegalArgumentException if it is neither a number from 1 to {@link #MAX} nor {@code auto}
     */
    public static LinesPerRecord parse(String text) {
        if (text.equals(AUTO_NAME)) {
            return AUTO;
        }
        if (text.matches("0*[1-9][0-9]{0,3}") && Integer.parseInt(text) <= MAX) {
            return new LinesPerRecord(Integer.parseInt(text));
        }
        throw new IllegalArgumentException("'" + text + "' is neither a number from 1 to " + MAX + " nor " + AUTO_NAME);
    }

    /**
     * Returns the number of lines per record for a text, from 1 to {@link #MAX}. So many lines fit a record, whatever their
     * length.
     *
     * @param lineCount number of lines of the text, or of a sample of it
     * @param byteCount number of their bytes
     * @param maxBytesPerRecord largest size of a record, in bytes
     */
    public int of(long lineCount, long byteCount, int maxBytesPerRecord) {
        long chosen = count > 0 ? count : AUTO_RECORD_BYTES * lineCount / Math.max(1, byteCount);
        return Math.clamp(chosen, 1, Math.clamp(maxBytesPerRecord / HEADER_BYTES, 1, MAX));
    }

    /** Returns the value of the setting. */
    @Override
    public String toString() {
        return count == 0 ? AUTO_NAME : Integer.toString(count);
    }
}
