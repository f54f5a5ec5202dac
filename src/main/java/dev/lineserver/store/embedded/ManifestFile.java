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
 * @param source the file that the lines came from, as it was when they were read, possibly compressed; null if they came
 *     from a stream
 * @param inPlace true if the lines are in the source itself, not in the store's own copy
 */
record ManifestFile(Manifest manifest, @Nullable SourceFile source, boolean inPlace) {
    static final String NAME = "manifest.properties";
    static final String LAYOUT = "embedded-3";

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

    /** Whether the request's file is, by path and stamp, the one that the version was made from. */
    boolean isFrom(BuildRequest request) {
        return request.file() != null && request.file().equals(source) && !(inPlace && request.copy());
    }

    /**
     * The version with another source of the same content, so that {@link #isFrom} recognizes that source.
     *
     * @return empty if the lines are not where the request wants them
     */
    Optional<ManifestFile> standingFor(BuildRequest request) {
        SourceFile file = request.file();
        boolean elsewhere = file == null || source == null || !file.path().equals(source.path());
        return inPlace && (elsewhere || request.copy())
                ? Optional.empty()
                : Optional.of(new ManifestFile(manifest, file == null ? source : file, inPlace));
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
        SourceFile source = p.containsKey("source-path") ? source(p) : null;
        return new ManifestFile(manifest, source, source != null && Boolean.parseBoolean(text(p, "in-place")));
    }

    private static SourceFile source(Properties p) {
        FileStamp stamp = new FileStamp(
                number(p, "source-size"),
                Instant.parse(text(p, "source-modified-at")),
                Instant.parse(text(p, "source-changed-at")),
                number(p, "source-inode"));
        return new SourceFile(Path.of(text(p, "source-path")), stamp);
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
        p.setProperty("in-place", Boolean.toString(inPlace));
        if (source != null) {
            p.setProperty("source-path", source.path().toString());
            p.setProperty("source-size", Long.toString(source.stamp().size()));
            p.setProperty("source-modified-at", source.stamp().modifiedAt().toString());
            p.setProperty("source-changed-at", source.stamp().changedAt().toString());
            p.setProperty("source-inode", Long.toString(source.stamp().inode()));
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
