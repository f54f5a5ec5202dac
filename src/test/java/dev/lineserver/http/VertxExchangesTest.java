package dev.lineserver.http;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.ReferenceCountUtil;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class VertxExchangesTest {
    private static final String PLAIN = "GET / HTTP/1.1\r\n\r\n";

    private final VertxExchanges exchanges = new VertxExchanges();
    private final List<Object> told = new ArrayList<>();
    private final EmbeddedChannel channel =
            new EmbeddedChannel(new Listening(), new HttpRequestDecoder(), exchanges, new Handling());

    /** Stands where connections are told what to do. */
    private final class Listening extends ChannelInboundHandlerAdapter {
        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            told.add(event);
        }
    }

    /** Stands for Vert.x. */
    private final class Handling extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (message instanceof HttpRequest) {
                exchanges.handled();
            }
            ReferenceCountUtil.release(message);
        }
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    private void ask(String request) {
        channel.writeInbound(Unpooled.copiedBuffer(request, StandardCharsets.US_ASCII));
    }

    private void answer(HttpResponseStatus status) {
        channel.writeOutbound(new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.EMPTY_BUFFER));
    }

    @Test
    void aConnectionIsIdleOnceAllIsAskedAndAnswered() {
        assertFalse(exchanges.isIdle());
        ask(PLAIN + PLAIN);
        answer(HttpResponseStatus.CONTINUE);
        answer(HttpResponseStatus.OK);
        assertFalse(exchanges.isIdle(), "one is left");
        answer(HttpResponseStatus.OK);
        assertTrue(exchanges.isIdle());
        ask("POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n");
        answer(HttpResponseStatus.OK);
        assertFalse(exchanges.isIdle(), "the body is to come");
        ask("\r\n\r\n");
        assertTrue(exchanges.isIdle());
    }

    @Test
    void aConnectionIsToldWhenVertxIsLeftFewOfManyRequests() {
        ask(PLAIN.repeat(99));
        assertFalse(exchanges.areMany());
        ask(PLAIN.repeat(2));
        assertTrue(exchanges.areMany());
        answer(HttpResponseStatus.OK);
        assertTrue(exchanges.areMany());
        assertEquals(List.of(), told);
        for (int i = 0; i < 100; i++) {
            answer(HttpResponseStatus.OK);
            assertFalse(exchanges.areMany());
        }
        channel.runPendingTasks();
        assertEquals(List.of(VertxExchanges.Event.FEWER), told);
        assertTrue(exchanges.isIdle());
    }

    /** What follows these need not be requests. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\r\nno colon\r\n\r\n",
                "GET / HTTP/1.1\r\nUpgrade: x\r\n\r\n",
                "CONNECT x HTTP/1.1\r\n\r\n"
            })
    void aConnectionIsNeverIdleAgainAfterWhatMayEndItsHttp(String request) {
        ask(PLAIN);
        answer(HttpResponseStatus.OK);
        assertTrue(exchanges.isIdle());
        ask(request);
        answer(HttpResponseStatus.OK);
        assertFalse(exchanges.isIdle());
    }
}
