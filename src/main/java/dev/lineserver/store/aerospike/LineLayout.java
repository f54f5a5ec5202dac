package dev.lineserver.store.aerospike;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreFailedException;

/**
 * The form in which the lines of a version are stored. Its name is part of the manifest, so that readers need no option.
 *
 * @param linesPerRecord number of consecutive lines in each record but the last, from 1 to {@link LinesPerRecord#MAX}
 * @param compressed true if the lines of a record are compressed together
 */
record LineLayout(int linesPerRecord, boolean compressed) {
    /** One record for each line. */
    static final LineLayout SINGLE = new LineLayout(1);

    private static final String SINGLE_NAME = "aerospike-record-per-line/2";
    private static final String PACKED_NAME = "aerospike-packed-lines/1";
    private static final String COMPRESSED_NAME = "aerospike-zstd-lines/1";
    private static final Pattern SEVERAL =
            Pattern.compile("(" + PACKED_NAME + "|" + COMPRESSED_NAME + "):([1-9][0-9]{0,3})");

    /** Checks the number of lines. */
    LineLayout {
        if (linesPerRecord < 1 || linesPerRecord > LinesPerRecord.MAX) {
            throw new IllegalArgumentException(
                    linesPerRecord + " lines per record are not between 1 and " + LinesPerRecord.MAX);
        }
    }

    /** Creates a layout without compression. */
    LineLayout(int linesPerRecord) {
        this(linesPerRecord, false);
    }

    /** Returns the names of the layouts that this program reads, for messages. */
    static String names() {
        return SINGLE_NAME + ", " + PACKED_NAME + " and " + COMPRESSED_NAME;
    }

    /** Returns true if a record has the form for several lines, even if it has one. */
    boolean isPacked() {
        return linesPerRecord > 1 || compressed;
    }

    /**
     * Returns the layout that a manifest names.
     *
     * @throws StoreFailedException if this program does not know it: a newer program may share the cluster
     */
    static LineLayout of(Manifest manifest) throws StoreFailedException {
        if (manifest.layout().equals(SINGLE_NAME)) {
            return SINGLE;
        }
        Matcher several = SEVERAL.matcher(manifest.layout());
        int lines = several.matches() ? Integer.parseInt(several.group(2)) : 0;
        boolean compressed = lines > 0 && several.group(1).equals(COMPRESSED_NAME);
        if (lines < (compressed ? 1 : 2) || lines > LinesPerRecord.MAX) {
            throw new StoreFailedException("version " + manifest.version() + " of " + manifest.dataset()
                    + " has the layout " + manifest.layout() + ", and this program reads " + names()
                    + ": use the program that stored it, or a newer one, or ingest the file again");
        }
        return new LineLayout(lines, compressed);
    }

    /** Returns the name and revision for a manifest. */
    @Override
    public String toString() {
        return isPacked() ? (compressed ? COMPRESSED_NAME : PACKED_NAME) + ":" + linesPerRecord : SINGLE_NAME;
    }
}
