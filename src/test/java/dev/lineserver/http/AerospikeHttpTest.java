package dev.lineserver.http;

final class AerospikeHttpTest extends PlainHttpContract {
    AerospikeHttpTest() throws Exception {
        super(ServedStore.Backend.AEROSPIKE, true);
    }
}
