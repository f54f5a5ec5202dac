package dev.lineserver.cli;

import java.util.List;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;

final class IngestCommandTest {
    /** The printed command must neither be refused nor discard what is stored. */
    @Test
    void theCommandThatContinuesAnIngestResumesIt() {
        assertEquals("ingest a.txt --rate 5 --resume", resuming("ingest", "a.txt", "--restart", "--rate", "5"));
        assertEquals("ingest a.txt --resume", resuming("ingest", "--resume", "a.txt"));
        assertEquals("ingest --resume -- '-a b.txt' --restart", resuming("ingest", "--", "-a b.txt", "--restart"));
    }

    private static String resuming(String... arguments) {
        return IngestCommand.resuming(List.of(arguments));
    }
}
