package dev.lineserver.ingest;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import dev.lineserver.store.Manifest;

/**
 * Several sources, read one after another. Their content is the concatenation of theirs, except that no line consists of
 * bytes of two files: a terminator is added to a last line without one, unless no byte follows it.
 */
final class JoinedSource extends Source {
    /** All stores keep the names with the version, and an Aerospike cluster those of all versions in one record of 1 MiB. */
    private static final int MAX_NAME_BYTES = 64 << 10;

    private final JoinedBytes bytes;

    private JoinedSource(List<JoinedBytes.Piece> parts) {
        int others = parts.size() - 1;
        JoinedBytes joined = new JoinedBytes(parts);
        super(
                parts.getFirst().name() + " and " + others + (others == 1 ? " more file" : " more files"),
                Compression.NONE,
                joined,
                null,
                null);
        bytes = joined;
    }

    /** @param names paths of files or pipes, and at most once {@link #STDIN} */
    static JoinedSource join(List<String> names) throws SourceException, InterruptedException {
        // Before any file is opened: standard input may be a terminal, and opening it waits for the first bytes.
        long streams = names.stream().filter(SourceOpening::isStandardInput).count();
        if (streams > 1) {
            throw new SourceException("standard input is named " + streams + " times; name it once");
        }
        List<JoinedBytes.Piece> parts = new ArrayList<>(names.size());
        try {
            for (String name : names) {
                parts.add(JoinedBytes.Piece.of(Source.open(name)));
            }
            long nameBytes = parts.stream()
                    .mapToLong(part -> part.name().getBytes(StandardCharsets.UTF_8).length)
                    .sum();
            if (nameBytes > MAX_NAME_BYTES) {
                throw new SourceException("the names of the " + names.size() + " files have " + nameBytes
                        + " bytes, and a version keeps at most " + MAX_NAME_BYTES
                        + "; name fewer files, or ingest their concatenation from standard input");
            }
            return new JoinedSource(parts);
        } catch (SourceException | InterruptedException | RuntimeException e) {
            parts.forEach(JoinedBytes.Piece::close);
            throw e;
        }
    }

    @Override
    boolean isRepeatable() {
        return bytes.parts().stream().allMatch(JoinedBytes.Piece::isRepeatable);
    }

    @Override
    long size() {
        boolean known = bytes.parts().stream().allMatch(part -> part.size() >= 0);
        return known ? bytes.parts().stream().mapToLong(JoinedBytes.Piece::size).sum() : -1;
    }

    @Override
    long position() {
        return bytes.position();
    }

    @Override
    String lastName() {
        return bytes.lastName();
    }

    @Override
    Optional<String> note() {
        long compressed = bytes.parts().stream()
                .filter(part -> part.compression() != Compression.NONE)
                .count();
        return compressed == 0
                ? Optional.empty()
                : Optional.of(compressed + " of " + bytes.parts().size()
                        + (compressed == 1
                                ? " files is compressed; unpacking it"
                                : " files are compressed; unpacking them"));
    }

    @Override
    void scanned(Block block, long linesBefore) {
        bytes.locate(block, linesBefore);
    }

    @Override
    List<Manifest.Part> files() {
        return bytes.files();
    }

    @Override
    void checkUnchanged() throws IOException {
        bytes.checkUnchanged();
    }
}
