package dev.lineserver.http;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.SmallRyeConfigBuilder;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class CertificateWatchTest {
    @TempDir
    Path directory;

    /** Quarkus goes on with the last certificate, and says nothing. */
    @Test
    void aNewFileThatCannotBeUsedIsLoggedOnce() throws Exception {
        TestCertificates.pem(directory, "one", "EC");
        Path key = directory.resolve("one.key");
        Path saved = Files.copy(key, directory.resolve("saved"));
        CertificateWatch watch = new CertificateWatch(new SmallRyeConfigBuilder()
                .withConverter(Duration.class, 200, new DurationConverter())
                .withDefaultValues(Map.of(
                        "quarkus.tls.key-store.pem.0.cert",
                        directory.resolve("one.crt").toString(),
                        "quarkus.tls.key-store.pem.0.key",
                        key.toString(),
                        "quarkus.tls.reload-period",
                        "10ms"))
                .build());
        try (CapturedLog log = new CapturedLog(CertificateWatch.class.getName())) {
            watch.check();
            assertEquals(0, log.messages.size());
            Files.writeString(key, "garbage");
            watch.start(new StartupEvent());
            Awaitility.await().until(() -> !log.messages.isEmpty());
            watch.check();
            watch.check();
            assertEquals(1, log.messages.size(), log.messages.toString());
            assertTrue(log.messages.getFirst().contains(key + " has no private key"), log.messages.getFirst());
            Files.move(saved, key, StandardCopyOption.ATOMIC_MOVE);
            Awaitility.await().until(() -> log.messages.size() == 2);
            assertEquals("the files of TLS can be used again", log.messages.get(1));
            Files.delete(key);
            Awaitility.await().until(() -> log.messages.size() == 3);
        } finally {
            watch.stop(new ShutdownEvent());
        }
    }
}
