package dev.lineserver.http;

final class AerospikeRoutedHttpTest extends PlainHttpContract {
    AerospikeRoutedHttpTest() throws Exception {
        super(ServedStore.Backend.AEROSPIKE, false);
    }
}
