package dev.lineserver.http;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class PlainHeadTest {
    private static final List<String> REQUEST_LINES = List.of(
            "GET /lines/12 HTTP/1.1\r\n",
            "GET /datasets/a-b/lines/0 HTTP/1.1\r\n",
            "GET /lines/7?x=y HTTP/1.1\r\n",
            "GET * HTTP/1.1\r\n",
            "GET  /lines/12 HTTP/1.1\r\n",
            "GET /lines/12 HTTP/1.0\r\n",
            "GET /lines/12 HTTP/1.1\n",
            "HEAD /lines/12 HTTP/1.1\r\n",
            "GET /lines/12\r\n");

    private static final List<String> HEADERS = List.of(
            "Host: localhost:8080\r\n",
            "User-Agent: curl/7.88.1\r\n",
            "Accept:*/*\r\n",
            "X:\r\n",
            "Connection: keep-alive\r\n",
            "connection:\tKeep-Alive \r\n",
            "Connection: close\r\n",
            "Connection: keep-alive, Upgrade\r\n",
            "If-None-Match: *\r\n",
            "if-modified-since: never\r\n",
            "Content-Length: 0\r\n",
            "CONTENT-LENGTH:3\r\n",
            "Content-Length : 3\r\n",
            "Transfer-Encoding: chunked\r\n",
            "Expect: 100-continue\r\n",
            "Upgrade: h2c\r\n",
            "Upgrade-Insecure-Requests: 1\r\n",
            " folded\r\n",
            "no colon\r\n",
            ": no name\r\n",
            "X: a\rb\r\n",
            "X: a\nContent-Length: 3\r\n",
            "\n");

    private final PlainHead head = new PlainHead();

    private static ByteBuf buffer(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Host: localhost\r\n",
                "Host: a\r\nUser-Agent: b (c; d) \"e\"\r\nAccept: */*\r\nCookie: f=g\r\n",
                "host:a\r\nCONNECTION: Keep-Alive\r\nX-Empty:\r\n",
                "Host: a\r\nUpgrade-Insecure-Requests: 1\r\nContent-Type: text/plain\r\n"
            })
    void knowsWhatClientsSend(String headers) {
        String text = "GET /lines/12 HTTP/1.1\r\n" + headers + "\r\n";
        assertEquals(text.length(), head.read(buffer(text)));
        assertEquals("/lines/12", head.path());
        assertEquals(text, new String(head.copy(text.length()), StandardCharsets.ISO_8859_1));
        assertEquals(text.length(), head.read(buffer(text + text)), "the next one stays out of it");
        for (int length = 0; length < text.length(); length++) {
            assertEquals(0, head.read(buffer(text.substring(0, length))), "only the first " + length + " bytes");
        }
    }

    @Test
    void aHeadLongerThanItsArrayIsNotPlain() {
        assertEquals(0, head.read(buffer("GET /lines/12 HTTP/1.1\r\nX: " + "y".repeat(3000) + "\r\n\r\n")));
    }

    /** Whatever is recognised, Netty's decoder takes for that one request too, and for one that is plain. */
    @Test
    void recognisesNothingThatADecoderWouldSeeOtherwise() {
        Random random = new Random(1);
        int recognised = 0;
        for (int round = 0; round < 100_000; round++) {
            String text = mutated(random, request(random)) + (random.nextBoolean() ? "" : request(random));
            ByteBuf bytes = buffer(text);
            int length = head.read(bytes);
            assertEquals(0, bytes.readerIndex());
            if (length > 0) {
                recognised++;
                assertPlain(text.substring(0, length), head.path());
            }
        }
        assertTrue(recognised > 10_000, "only " + recognised + " were recognised");
    }

    private static String request(Random random) {
        StringBuilder request = new StringBuilder(pick(random, REQUEST_LINES));
        int headers = random.nextInt(4);
        for (int i = 0; i < headers; i++) {
            request.append(pick(random, HEADERS));
        }
        return request.append("\r\n").toString();
    }

    /** One that is often the first of all, so that most requests are plain but for one thing. */
    private static String pick(Random random, List<String> choices) {
        return choices.get(random.nextInt(3) == 0 ? random.nextInt(choices.size()) : random.nextInt(2));
    }

    private static String mutated(Random random, String text) {
        if (random.nextInt(3) > 0) {
            return text;
        }
        String bytes = "\r\n\t\0 :\u007f\u0080\u00ff/Gg-_,;\"";
        StringBuilder mutated = new StringBuilder(text);
        for (int i = random.nextInt(3); i >= 0; i--) {
            int at = random.nextInt(mutated.length());
            switch (random.nextInt(3)) {
                case 0 -> mutated.deleteCharAt(at);
                case 1 -> mutated.insert(at, bytes.charAt(random.nextInt(bytes.length())));
                default -> mutated.setCharAt(at, bytes.charAt(random.nextInt(bytes.length())));
            }
        }
        return mutated.toString();
    }

    private static void assertPlain(String text, String path) {
        EmbeddedChannel decoder = new EmbeddedChannel(new HttpRequestDecoder());
        decoder.writeInbound(buffer(text));
        HttpRequest request = decoder.readInbound();
        LastHttpContent end = decoder.readInbound();
        assertNull(decoder.readInbound(), text);
        assertTrue(request.decoderResult().isSuccess() && end.decoderResult().isSuccess(), text);
        assertEquals(0, end.content().readableBytes(), text);
        assertEquals(HttpMethod.GET, request.method(), text);
        assertEquals(HttpVersion.HTTP_1_1, request.protocolVersion(), text);
        assertEquals(path, request.uri(), text);
        HttpHeaders headers = request.headers();
        for (String connection : headers.getAll(HttpHeaderNames.CONNECTION)) {
            assertEquals("keep-alive", connection.toLowerCase(java.util.Locale.ROOT), text);
        }
        for (CharSequence asking : List.of(
                HttpHeaderNames.CONTENT_LENGTH,
                HttpHeaderNames.TRANSFER_ENCODING,
                HttpHeaderNames.IF_NONE_MATCH,
                HttpHeaderNames.EXPECT,
                HttpHeaderNames.UPGRADE)) {
            assertFalse(headers.contains(asking), text);
        }
        decoder.writeInbound(buffer("GET /next HTTP/1.1\r\n\r\n"));
        HttpRequest next = decoder.readInbound();
        assertEquals("/next", next.uri(), text);
        decoder.finishAndReleaseAll();
    }
}
