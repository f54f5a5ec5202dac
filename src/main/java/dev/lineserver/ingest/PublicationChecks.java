package dev.lineserver.ingest;

import java.math.BigDecimal;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.store.Content;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Quantities;

/**
 * Conditions that a source must meet before it is published or held. Each has the name of its option.
 *
 * @param expectLines the line count; null to accept any
 * @param expectDigest the digest of the content; null to accept any
 * @param maxChange the largest difference between the line counts of the source and of the current version, in percent of
 *     the latter, at least 0; null to accept any. Ignored if no version is current
 */
public record PublicationChecks(
        @Nullable Long expectLines,
        @Nullable ContentDigest expectDigest,
        @Nullable BigDecimal maxChange) {
    /** Accepts every source. */
    public static final PublicationChecks NONE = new PublicationChecks(null, null, null);

    /** True if {@link #failure} compares the source with the current version. */
    boolean requiresCurrent() {
        return maxChange != null;
    }

    /**
     * Returns the first check that fails, as a message that begins with the name of its option; empty if all pass.
     *
     * @param source name of the source for the message
     * @param content counts and digest of the source
     * @param current the current version, if {@link #requiresCurrent}
     */
    Optional<String> failure(String source, Content content, Optional<Manifest> current) {
        if (expectLines != null && expectLines != content.lineCount()) {
            return Optional.of("--expect-lines: " + source + " has " + lines(content.lineCount()) + ", not "
                    + Quantities.grouped(expectLines));
        }
        if (expectDigest != null && !expectDigest.equals(content.digest())) {
            return Optional.of(
                    "--expect-digest: " + source + " has the digest " + content.digest() + ", not " + expectDigest);
        }
        if (maxChange != null && current.isPresent()) {
            long before = current.get().lineCount();
            BigDecimal change = BigDecimal.valueOf(Math.abs(content.lineCount() - before));
            if (change.movePointRight(2).compareTo(maxChange.multiply(BigDecimal.valueOf(before))) > 0) {
                return Optional.of("--max-change: " + source + " has " + lines(content.lineCount()) + ", and version "
                        + current.get().version() + " has " + Quantities.grouped(before) + ": a change of more than "
                        + maxChange + " %");
            }
        }
        return Optional.empty();
    }

    private static String lines(long count) {
        return Quantities.counted(count, "line", "lines");
    }
}
