package dev.lineserver.http;

import java.util.Map;

import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;

@QuarkusTest
@TestProfile(AerospikeHttpTest.Profile.class)
final class AerospikeHttpTest extends HttpContract {
    public static final class Profile extends ServedStore.Profile {
        public Profile() {
            super("aerospike", Map.of());
        }
    }

    @Override
    boolean hasFastPath() {
        return true;
    }
}
