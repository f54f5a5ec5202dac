package dev.lineserver.http;

final class EmbeddedRoutedHttpTest extends PlainHttpContract {
    EmbeddedRoutedHttpTest() throws Exception {
        super(ServedStore.Kind.EMBEDDED, false);
    }
}
