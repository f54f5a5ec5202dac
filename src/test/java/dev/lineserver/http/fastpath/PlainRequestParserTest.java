package dev.lineserver.http.fastpath;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.vertx.core.net.impl.HostAndPortImpl;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.http.fastpath.PlainRequestParser.PlainRequest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class PlainRequestParserTest {
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
            "Accept: text/html, application/jso\r\n",
            "Accept: text/html, application/json;q=0.5\r\n",
            "aCCept:Application/Octet-Stream\r\n",
            "X:\r\n",
            "Connection: keep-alive\r\n",
            "connection:\tKeep-Alive \r\n",
            "Connection: close\r\n",
            "Connection: keep-alive, Upgrade\r\n",
            "If-None-Match: *\r\n",
            "if-match: \"x\"\r\n",
            "if-modified-since: never\r\n",
            "Content-Length: 0\r\n",
            "CONTENT-LENGTH:3\r\n",
            "Content-Length : 3\r\n",
            "Transfer-Encoding: chunked\r\n",
            "Expect: 100-continue\r\n",
            "Upgrade: h2c\r\n",
            "Upgrade-Insecure-Requests: 1\r\n",
            "Host: a b\r\n",
            "Host: [::1]\r\n",
            "Host: x:12345\r\n",
            " folded\r\n",
            "no colon\r\n",
            ": no name\r\n",
            "X: a\rb\r\n",
            "X: a\nContent-Length: 3\r\n",
            "\n");

    private static final String PLAIN = "Host: localhost:8080\r\nUser-Agent: x\r\n\r\n";

    private final PlainRequestParser parser = new PlainRequestParser();
    private @Nullable PlainRequest last;

    private static ByteBuf buffer(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
    }

    private int length(ByteBuf bytes) {
        last = parser.parse(bytes);
        return last == null ? 0 : Objects.requireNonNull(last).length();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Host:\r\n",
                "Host: [::1]:8080\r\n",
                "Host: localhost\r\n",
                "Host: 127.0.0.1:18080\r\n",
                "Host: 127.0.0.1:60999\r\n",
                "Host: a\r\nUser-Agent: b (c; d) \"e\"\r\nAccept: */*\r\nCookie: f=g\r\n",
                "host:a\r\nCONNECTION: Keep-Alive\r\nX-Empty:\r\n",
                "Host: a\r\nUpgrade-Insecure-Requests: 1\r\nContent-Type: text/plain\r\n"
            })
    void recognisesTheHeadsOfCommonClients(String headers) {
        String text = "GET /lines/12 HTTP/1.1\r\n" + headers + "\r\n";
        assertEquals(text.length(), length(buffer(text)));
        assertEquals("/lines/12", Objects.requireNonNull(last).target());

        assertEquals(text.length(), length(buffer(text + text)), "the next request is not part of it");
        for (int length = 0; length < text.length(); length++) {
            assertEquals(0, length(buffer(text.substring(0, length))), "only the first " + length + " bytes");
        }
    }

    @Test
    void leavesLongHeadsToTheDecoder() {
        assertEquals(0, length(buffer("GET /lines/12 HTTP/1.1\r\nHost: a\r\nX: " + "y".repeat(3000) + "\r\n\r\n")));
    }

    /** Netty's decoder reads every recognised head as exactly one request, and as a plain one. */
    @Test
    void recognisesOnlyHeadsThatTheDecoderReadsAlike() {
        Random random = new Random(1);
        int recognised = 0;
        for (int round = 0; round < 100_000; round++) {
            String text = mutated(random, request(random)) + (random.nextBoolean() ? "" : request(random));
            ByteBuf bytes = buffer(text);
            PlainRequest request = parser.parse(bytes);
            assertEquals(0, bytes.readerIndex());
            if (request != null) {
                recognised++;
                assertPlain(text.substring(0, request.length()), request.target(), request.closing());
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

    /** Prefers the first two choices, so that most requests are plain except for one detail. */
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

    static void assertPlain(String text, String target, boolean closing) {
        EmbeddedChannel decoder = new EmbeddedChannel(new HttpRequestDecoder());
        decoder.writeInbound(buffer(text));
        HttpRequest request = decoder.readInbound();
        LastHttpContent end = decoder.readInbound();
        assertNull(decoder.readInbound(), text);
        assertTrue(request.decoderResult().isSuccess() && end.decoderResult().isSuccess(), text);
        assertEquals(0, end.content().readableBytes(), text);
        assertEquals(HttpMethod.GET, request.method(), text);
        assertEquals(HttpVersion.HTTP_1_1, request.protocolVersion(), text);
        assertEquals(target, request.uri(), text);
        HttpHeaders headers = request.headers();
        assertEquals(1, headers.getAll(HttpHeaderNames.HOST).size(), text);
        assertTrue(HostAndPortImpl.isValidAuthority(headers.get(HttpHeaderNames.HOST)), text);
        assertEquals(!closing, HttpUtil.isKeepAlive(request), text);
        for (CharSequence changing : List.of(
                HttpHeaderNames.CONTENT_LENGTH,
                HttpHeaderNames.TRANSFER_ENCODING,
                HttpHeaderNames.IF_MATCH,
                HttpHeaderNames.IF_NONE_MATCH,
                HttpHeaderNames.EXPECT,
                HttpHeaderNames.UPGRADE)) {
            assertFalse(headers.contains(changing), text);
        }
        String accept = String.join(",", headers.getAll(HttpHeaderNames.ACCEPT)).toLowerCase(Locale.ROOT);
        assertFalse(accept.contains("application/json") || accept.contains("application/octet-stream"), text);
        decoder.writeInbound(buffer("GET /next HTTP/1.1\r\n\r\n"));
        HttpRequest next = decoder.readInbound();
        assertEquals("/next", next.uri(), text);
        decoder.finishAndReleaseAll();
    }

    /** Headers that change the answer or are malformed. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Host: a\r\nHost: a\r\n",
                "Host: a b\r\n",
                "Host: a:99999\r\n",
                "Host: a:65536\r\n",
                "Host: a\r\nConnection: upgrade\r\n",
                "Host: a\r\nConnection: keep-alive, close\r\n",
                "Host: a\r\nIf-None-Match: *\r\n",
                "Host: a\r\nIf-Match: \"x\"\r\n",
                "Host: a\r\nContent-Length: 0\r\n",
                "Host: a\r\nTransfer-Encoding: gzip\r\n",
                "Host: a\r\nExpect: 100-continue\r\n",
                "Host: a\r\nUpgrade: h2c\r\n",
                "Host: a\r\nAccept: application/json\r\n",
                "Host: a\r\nAccept: */*\r\nAccept: a/b,application/octet-stream;q=0.1\r\n",
                "Accept:application/json\r\nHost: a\r\n",
                "Host: a\r\nX : y\r\n",
                "Host: a\r\n folded\r\n",
                "Host: a\r\nX: \u00e9\r\n"
            })
    void leavesOtherHeadsToTheDecoder(String headers) {
        assertEquals(0, length(buffer("GET /lines/12 HTTP/1.1\r\n" + headers + "\r\n")));
        assertTrue(length(buffer("GET /lines/12 HTTP/1.1\r\n" + PLAIN)) > 0);
        assertEquals(0, length(buffer("GET /lines/12 HTTP/1.1\r\n" + headers + "\r\n")));
    }

    @Test
    void remembersOnlyTheHeadersOfTheLastHead() {
        assertEquals(
                "GET /lines/1 HTTP/1.1\r\n".length() + PLAIN.length(),
                length(buffer("GET /lines/1 HTTP/1.1\r\n" + PLAIN)));
        assertEquals(
                "GET /lines/23 HTTP/1.1\r\n".length() + PLAIN.length(),
                length(buffer("GET /lines/23 HTTP/1.1\r\n" + PLAIN)));
        assertEquals("/lines/23", Objects.requireNonNull(last).target());
        assertFalse(Objects.requireNonNull(last).closing());
        String closing = "GET /lines/4 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        assertEquals(closing.length(), length(buffer(closing)));
        assertTrue(Objects.requireNonNull(last).closing());
        assertEquals(0, length(buffer("GET /lines/1 HTTP/1.0\r\n" + PLAIN)));
        assertEquals(0, length(buffer("POST /lines/1 HTTP/1.1\r\n" + PLAIN)));
        assertTrue(length(buffer("GET /lines/1 HTTP/1.1\r\n" + PLAIN)) > 0);
        assertFalse(Objects.requireNonNull(last).closing());
    }
}
