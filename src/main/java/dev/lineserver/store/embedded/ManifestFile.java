package dev.lineserver.store.embedded;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.Properties;
import java.util.zip.CRC32C;

import org.jspecify.annotations.Nullable;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.BuildRequest.SourceFile;
import dev.lineserver.store.Content;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.FileStamp;
import dev.lineserver.store.Manifest;

/**
 * A manifest and what the embedded store keeps beside it: properties in UTF-8, whose last line is a CRC-32C of those before.
 *
 * @param manifest what describes the version
 * @param lines the file that holds the lines, as it was when they were read; the path of a store's own copy is relative to
 *     the version's directory, so that a data directory can be moved
 * @param source the file that the lines came from, as it was then, possibly compressed; null if they came from a stream
 */
record ManifestFile(
        Manifest manifest, SourceFile lines, @Nullable SourceFile source) {
    static final String NAME = "manifest.properties";
    static final String LAYOUT = "embedded-3";

    /** Ends the key of a file's stamp: size, modification time, change time and inode. */
    private static final String STAMP = "-stamp";

    private static final String CHECKSUM = "# crc32c ";

    /** @throws IOException if the file cannot be read, or was not written by {@link #write} */
    static ManifestFile read(Path file) throws IOException {
        String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        int at = text.lastIndexOf(CHECKSUM);
        if (at < 0 || !text.equals(withChecksum(text.substring(0, at)))) {
            throw new IOException("its checksum does not match");
        }
        try {
            Properties properties = new Properties();
            properties.load(new StringReader(text));
            return of(properties);
        } catch (IllegalArgumentException | java.time.DateTimeException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /** Whether the lines are in the source itself, not in the store's own copy. */
    boolean inPlace() {
        return lines.path().isAbsolute();
    }

    /** Whether the request's file is, by path and stamp, the one that the version was made from. */
    boolean isFrom(BuildRequest request) {
        return request.file() != null && request.file().equals(source) && !(inPlace() && request.copy());
    }

    /**
     * The version with another source of the same content, so that {@link #isFrom} recognizes that source.
     *
     * @return empty if the lines are not where the request wants them
     */
    Optional<ManifestFile> standingFor(BuildRequest request) {
        SourceFile file = request.file();
        if (!inPlace()) {
            return Optional.of(file == null ? this : new ManifestFile(manifest, lines, file));
        }
        if (file == null
                || request.copy()
                || !file.path().equals(lines.path())
                || file.stamp().size() != manifest.byteCount()) {
            return Optional.empty();
        }
        return Optional.of(new ManifestFile(manifest, file, file));
    }

    void write(Path file, Disk disk) throws IOException {
        StringWriter text = new StringWriter();
        properties().store(text, null);
        byte[] bytes = withChecksum(text.toString()).getBytes(StandardCharsets.UTF_8);
        disk.writeFile(file, ByteBuffer.wrap(bytes));
    }

    private static ManifestFile of(Properties p) {
        String layout = p.getProperty("layout", "");
        if (!layout.equals(LAYOUT)) {
            throw new IllegalArgumentException(
                    "it has layout '" + layout + "', and this line-server reads '" + LAYOUT + "'");
        }
        Content content = new Content(
                number(p, "line-count"),
                number(p, "byte-count"),
                ContentDigest.parse(text(p, "digest")),
                number(p, "longest-line"),
                Boolean.parseBoolean(text(p, "terminated")));
        Manifest manifest = new Manifest(
                new DatasetName(text(p, "dataset")),
                number(p, "version"),
                content,
                text(p, "source-name"),
                layout,
                Instant.parse(text(p, "created-at")));
        return new ManifestFile(manifest, file(p, "lines"), p.containsKey("source") ? file(p, "source") : null);
    }

    private static SourceFile file(Properties p, String which) {
        String[] stamp = text(p, which + STAMP).split(" ", 4);
        if (stamp.length != 4) {
            throw new IllegalArgumentException("it has an incomplete '" + which + STAMP + "'");
        }
        return new SourceFile(
                Path.of(text(p, which)),
                new FileStamp(
                        Long.parseLong(stamp[0]),
                        Instant.parse(stamp[1]),
                        Instant.parse(stamp[2]),
                        Long.parseLong(stamp[3])));
    }

    private static void put(Properties p, String which, SourceFile file) {
        FileStamp stamp = file.stamp();
        p.setProperty(which, file.path().toString());
        p.setProperty(
                which + STAMP, stamp.size() + " " + stamp.modifiedAt() + " " + stamp.changedAt() + " " + stamp.inode());
    }

    private Properties properties() {
        Properties p = new Properties();
        p.setProperty("dataset", manifest.dataset().value());
        p.setProperty("version", Long.toString(manifest.version()));
        p.setProperty("line-count", Long.toString(manifest.lineCount()));
        p.setProperty("byte-count", Long.toString(manifest.byteCount()));
        p.setProperty("digest", manifest.content().digest().toString());
        p.setProperty("longest-line", Long.toString(manifest.content().longestLine()));
        p.setProperty("terminated", Boolean.toString(manifest.content().terminated()));
        p.setProperty("source-name", manifest.sourceName());
        p.setProperty("layout", manifest.layout());
        p.setProperty("created-at", manifest.createdAt().toString());
        put(p, "lines", lines);
        if (source != null) {
            put(p, "source", source);
        }
        return p;
    }

    private static String withChecksum(String body) {
        CRC32C checksum = new CRC32C();
        checksum.update(body.getBytes(StandardCharsets.UTF_8));
        return body + CHECKSUM + Long.toHexString(checksum.getValue()) + "\n";
    }

    private static long number(Properties p, String key) {
        return Long.parseLong(text(p, key));
    }

    private static String text(Properties p, String key) {
        String value = p.getProperty(key);
        if (value == null) {
            throw new IllegalArgumentException("it has no '" + key + "'");
        }
        return value;
    }
}
