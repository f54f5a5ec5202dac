package dev.lineserver.store.aerospike.registry;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;

import dev.lineserver.store.Checkpoint;

/**
 * The first lines of a source that a build has stored, and their form. A build that resumes another one reads the source
 * from its beginning, and compares these lines with the digest before it writes.
 *
 * @param lineCount number of lines; all of them are stored
 * @param byteCount number of their bytes, terminators included
 * @param digest XXH3-128 of these bytes, as 32 hexadecimal digits
 * @param writtenLines number of lines whose records need not be written again; less than {@code lineCount} if records were
 *     lost
 * @param linesPerRecord number of consecutive lines in a record
 * @param compressed true if the lines of a record are compressed; written only then
 * @param maxBytesPerRecord longest line, in bytes, that is stored in one record
 */
public record StoredPrefix(
        long lineCount,
        long byteCount,
        String digest,
        long writtenLines,
        int linesPerRecord,

        @JsonSetter(nulls = Nulls.AS_EMPTY) @JsonInclude(JsonInclude.Include.NON_DEFAULT)
        boolean compressed,

        int maxBytesPerRecord) {
    /** Nothing is stored, and no form is chosen. */
    public static final StoredPrefix NONE = new StoredPrefix(0, 0, "", 0, 0, false, 0);

    /** Returns the same lines, of which those from {@code lines} on must be written again. */
    public StoredPrefix withWritten(long lines) {
        return new StoredPrefix(lineCount, byteCount, digest, lines, linesPerRecord, compressed, maxBytesPerRecord);
    }

    /**
     * Returns the end of the lines whose records need not be written again. If records were lost, its offset is an estimate:
     * lines that are as long on average take as many bytes.
     */
    public Checkpoint written() {
        return new Checkpoint(
                writtenLines,
                writtenLines == lineCount ? byteCount : (long) ((double) byteCount * writtenLines / lineCount));
    }
}
