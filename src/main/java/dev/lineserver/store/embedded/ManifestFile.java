package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.BuildRequest.SourceFile;
import dev.lineserver.store.Manifest;

/**
 * The manifest file of a version, in the form of {@link ChecksummedJson}. Beside the manifest, it records the source of
 * the lines.
 *
 * @param manifest describes the version
 * @param source the plain or compressed file that the lines came from, with its stamp at that time; null if they came
 *     from a stream
 * @param inPlace true if the lines are in the source itself; false if they are in the store's own copy
 */
record ManifestFile(
        Manifest manifest,
        @JsonSetter(nulls = Nulls.SET) @Nullable SourceFile source,
        boolean inPlace) {
    static final String NAME = "manifest";
    static final String LAYOUT = "embedded-4";
    /** The layout of a version whose copy of the lines is compressed. */
    static final String COMPRESSED_LAYOUT = "embedded-4-zstd";

    /**
     * Reads a manifest file.
     *
     * @throws IOException if the file cannot be read, is damaged, or has a layout of another release
     */
    static ManifestFile read(Path file) throws IOException {
        if (Files.exists(file.resolveSibling("manifest.properties"))) {
            throw new ChecksummedJson.UnusableException("its layout is older than '" + LAYOUT + "'");
        }
        return ChecksummedJson.read(file, ManifestFile.class, "/manifest/layout", LAYOUT, COMPRESSED_LAYOUT);
    }

    /** Returns true if the store's copy of the lines is compressed. */
    boolean hasCompressedCopy() {
        return manifest.layout().equals(COMPRESSED_LAYOUT);
    }

    /**
     * Returns true if the request's file has the path and stamp of this version's source, and its lines are usable for
     * the request.
     */
    boolean isFrom(BuildRequest request) {
        return request.file() != null && request.file().equals(source) && !(inPlace && request.copy());
    }

    /**
     * Returns this manifest file with the request's source, which has the same content, so that {@link #isFrom}
     * recognises that source later.
     *
     * @return empty if the version cannot be used for the request: its lines stay in their source, and the request
     *     names another file or needs a copy
     */
    Optional<ManifestFile> withSourceOf(BuildRequest request) {
        SourceFile file = request.file();
        boolean otherFile = file == null || source == null || !file.path().equals(source.path());
        return inPlace && (otherFile || request.copy())
                ? Optional.empty()
                : Optional.of(new ManifestFile(manifest, file == null ? source : file, inPlace));
    }
}
