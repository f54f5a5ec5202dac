package dev.lineserver.ingest;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.store.Content;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.Manifest;

import static org.junit.jupiter.api.Assertions.assertEquals;

final class PublicationChecksTest {
    private static final ContentDigest DIGEST = new ContentDigest(1, 2);

    private static Content content(long lineCount) {
        return new Content(lineCount, lineCount, DIGEST, 0, true);
    }

    private static Optional<Manifest> current(long lineCount) {
        return Optional.of(
                new Manifest(DatasetName.DEFAULT, 7, content(lineCount), "before", "layout", Instant.EPOCH, List.of()));
    }

    private static Optional<String> failure(PublicationChecks checks, long lineCount, Optional<Manifest> current) {
        return checks.failure("a.txt", content(lineCount), current);
    }

    @Test
    void withoutChecksEverythingPasses() {
        assertEquals(Optional.empty(), failure(PublicationChecks.NONE, 0, current(9)));
    }

    @Test
    void theLineCountMustBeTheExpectedOne() {
        PublicationChecks checks = new PublicationChecks(1000L, null, null);
        assertEquals(Optional.empty(), failure(checks, 1000, Optional.empty()));
        assertEquals(
                Optional.of("--expect-lines: a.txt has 1,001 lines, not 1,000"),
                failure(checks, 1001, Optional.empty()));
        assertEquals(Optional.of("--expect-lines: a.txt has 1 line, not 1,000"), failure(checks, 1, Optional.empty()));
    }

    @Test
    void theDigestMustBeTheExpectedOne() {
        assertEquals(
                Optional.empty(),
                failure(new PublicationChecks(null, new ContentDigest(1, 2), null), 5, Optional.empty()));
        assertEquals(
                Optional.of("--expect-digest: a.txt has the digest 00000000000000010000000000000002,"
                        + " not 00000000000000010000000000000003"),
                failure(new PublicationChecks(null, new ContentDigest(1, 3), null), 5, Optional.empty()));
    }

    @ParameterizedTest
    @CsvSource({
        "100, 100, 0, true",
        "100, 101, 0, false",
        "100, 99, 0, false",
        "100, 110, 10, true",
        "100, 90, 10, true",
        "100, 111, 10, false",
        "100, 89, 10, false",
        "1000, 1005, 0.5, true",
        "1000, 1006, 0.5, false",
        "100, 0, 100, true",
        "100, 201, 100, false",
        "0, 0, 10, true",
        "0, 1, 10, false",
        "3, 4, 33.3, false",
        "3, 4, 33.4, true"
    })
    void theLineCountMayChangeUpToTheLimit(long before, long after, @Nullable BigDecimal limit, boolean passes) {
        Optional<String> failure = failure(new PublicationChecks(null, null, limit), after, current(before));
        assertEquals(passes, failure.isEmpty(), failure.toString());
    }

    @Test
    void aTinyLimitMakesNoLongMessage() {
        PublicationChecks checks = new PublicationChecks(null, null, new BigDecimal("1e-99999"));
        assertEquals(
                Optional.of("--max-change: a.txt has 6 lines, and version 7 has 5: a change of more than 1E-99999 %"),
                failure(checks, 6, current(5)));
    }

    @Test
    void aChangeThatIsTooLargeNamesBothCountsAndTheLimit() {
        PublicationChecks checks = new PublicationChecks(null, null, new BigDecimal("2.5"));
        assertEquals(
                Optional.of("--max-change: a.txt has 60 lines, and version 7 has 100: a change of more than 2.5 %"),
                failure(checks, 60, current(100)));
        assertEquals(Optional.empty(), failure(checks, 60, Optional.empty()), "the first version has no limit");
    }
}
