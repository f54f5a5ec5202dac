package dev.lineserver.http;

final class EmbeddedRoutedHttpTest extends PlainHttpContract {
    EmbeddedRoutedHttpTest() throws Exception {
        super(ServedStore.Backend.EMBEDDED, false);
    }
}
