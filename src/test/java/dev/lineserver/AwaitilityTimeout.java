package dev.lineserver;

import java.time.Duration;

import io.quarkus.test.junit.callback.QuarkusTestBeforeClassCallback;
import org.awaitility.Awaitility;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/**
 * Lets all tests wait up to a minute for a condition: a busy machine needs longer than the default of 10 s. A condition that
 * holds ends the wait, so no test that passes becomes slower.
 */
public final class AwaitilityTimeout implements LauncherSessionListener, QuarkusTestBeforeClassCallback {
    private static void set() {
        Awaitility.setDefaultTimeout(Duration.ofMinutes(1));
    }

    @Override
    public void launcherSessionOpened(LauncherSession session) {
        set();
    }

    /** Quarkus loads the classes that its tests use, and so {@link Awaitility}, by a class loader of its own. */
    @Override
    public void beforeClass(Class<?> testClass) {
        set();
    }
}
