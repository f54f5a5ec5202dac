package dev.lineserver.http.connection;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Real connections to a channel that listens on the loopback interface. */
final class ConnectionsTest {
    private static final byte[] ANSWER = "too slow".getBytes(StandardCharsets.US_ASCII);

    private final EventLoopGroup loops = new NioEventLoopGroup(1);
    private final List<String> log = new CopyOnWriteArrayList<>();
    private final List<Socket> clients = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (Socket client : clients) {
            client.close();
        }
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    }

    private Connections connections(Duration headTimeout, int perAddress, long mostOpen) {
        return new Connections(headTimeout, ANSWER, perAddress, mostOpen, log::add);
    }

    private int listen() throws Exception {
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        return ((InetSocketAddress) new ServerBootstrap()
                        .group(loops)
                        .channel(NioServerSocketChannel.class)
                        .childHandler(new ChannelInitializer<>() {
                            @Override
                            protected void initChannel(Channel accepted) {}
                        })
                        .bind(any)
                        .sync()
                        .channel()
                        .localAddress())
                .getPort();
    }

    private Socket connect(int port) throws IOException {
        Socket client = new Socket(InetAddress.getLoopbackAddress(), port);
        client.setSoTimeout(10_000);
        clients.add(client);
        return client;
    }

    private static void awaitOpen(Connections connections, long count) {
        Awaitility.await().until(() -> connections.open() == count);
    }

    @Test
    void theConnectionsOfAPortAreCountedAndSlowHeadsClosed() throws Exception {
        int port = listen();
        int other = listen();
        Connections connections = connections(Duration.ofMillis(100), 0, Long.MAX_VALUE);
        ListeningChannels.change(loops, port, connections::install);
        loops.next().submit(() -> {}).sync();
        connect(other);
        Socket slow = connect(port);
        slow.getOutputStream().write("GET ".getBytes(StandardCharsets.US_ASCII));
        assertEquals(-1, read(slow));
        Awaitility.await().until(() -> connections.slowHeads() == 1);
        awaitOpen(connections, 0);
        assertEquals(0, connections.beyondLimit());
        assertEquals(0, connections.failures());
        assertEquals(List.of(), log);
    }

    @Test
    void oneAddressHasSoManyConnectionsAndOthersAreClosed() throws Exception {
        int port = listen();
        int operation = listen();
        Connections connections = connections(Duration.ofMinutes(1), 2, Long.MAX_VALUE);
        ListeningChannels.change(loops, port, connections::install);
        ListeningChannels.change(loops, operation, connections::installForOperation);
        loops.next().submit(() -> {}).sync();
        connect(port);
        Socket second = connect(port);
        awaitOpen(connections, 2);
        assertEquals(-1, read(connect(port)));
        assertEquals(-1, read(connect(port)));
        assertEquals(2, connections.beyondLimit());
        assertEquals(1, log.size(), log.toString());
        assertTrue(log.getFirst().startsWith("closed a connection from 127.0.0.1, "), log.toString());
        connect(operation);
        awaitOpen(connections, 3);
        second.close();
        awaitOpen(connections, 2);
        connect(port);
        awaitOpen(connections, 3);
        assertEquals(2, connections.beyondLimit());
    }

    /** A client that is refused gets an end or a reset. */
    private static int read(Socket client) {
        try {
            return client.getInputStream().read();
        } catch (IOException e) {
            return -1;
        }
    }

    @Test
    void furtherClientsWaitWhileAsManyAreOpenAsThereAreDescriptors() throws Exception {
        int port = listen();
        Connections connections = connections(Duration.ofMinutes(1), 0, 2);
        ListeningChannels.change(loops, port, connections::install);
        loops.next().submit(() -> {}).sync();
        Socket first = connect(port);
        connect(port);
        awaitOpen(connections, 2);
        Awaitility.await().until(() -> !log.isEmpty());
        connect(port);
        assertTrue(log.getFirst().startsWith("new clients must wait: as many connections are open"), log.toString());
        assertTrue(log.getFirst().contains("(2 are open)"), log.toString());
        Awaitility.await()
                .during(Duration.ofMillis(600))
                .atMost(Duration.ofSeconds(10))
                .until(() -> connections.open() == 2);
        first.close();
        // The client that waits gets the place, and is not closed.
        awaitOpen(connections, 2);
        assertEquals(0, connections.beyondLimit());
        assertEquals(1, log.size(), log.toString());
    }
}
