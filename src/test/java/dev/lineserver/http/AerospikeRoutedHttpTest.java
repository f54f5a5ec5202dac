package dev.lineserver.http;

import java.util.Map;

import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;

@QuarkusTest
@TestProfile(AerospikeRoutedHttpTest.Profile.class)
final class AerospikeRoutedHttpTest extends HttpContract {
    public static final class Profile extends ServedStore.Profile {
        public Profile() {
            super("aerospike", Map.of("line-server.http.fast-path", "false"));
        }
    }

    @Override
    boolean hasFastPath() {
        return false;
    }
}
