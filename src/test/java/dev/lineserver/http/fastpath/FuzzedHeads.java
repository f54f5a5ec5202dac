package dev.lineserver.http.fastpath;

import java.util.Objects;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

import dev.lineserver.http.fastpath.PlainRequestParser.PlainRequest;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;

/** Any bytes as the beginning of a connection: Netty's decoder reads each recognised head as the same plain request. */
public final class FuzzedHeads {
    private FuzzedHeads() {}

    public static void fuzzerTestOneInput(byte[] bytes) {
        PlainRequestParser parser = new PlainRequestParser();
        ByteBuf in = Unpooled.wrappedBuffer(bytes);
        for (PlainRequest request = parse(parser, in); request != null; request = parse(parser, in)) {
            String head = in.toString(in.readerIndex(), request.length(), ISO_8859_1);
            PlainRequestParserTest.assertPlain(head, request.target(), request.closing());
            // A parser that remembers no headers comes to the same result.
            PlainRequest again = Objects.requireNonNull(parse(new PlainRequestParser(), in), head);
            assertEquals(request.length(), again.length(), head);
            assertEquals(request.target(), again.target(), head);
            assertEquals(request.closing(), again.closing(), head);
            in.skipBytes(request.length());
        }
    }

    private static @Nullable PlainRequest parse(PlainRequestParser parser, ByteBuf in) {
        int position = in.readerIndex();
        PlainRequest request = parser.parse(in);
        assertEquals(position, in.readerIndex());
        return request;
    }
}
