import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Supplier;

import com.aerospike.client.AerospikeClient;
import com.aerospike.client.AerospikeException;
import com.aerospike.client.Host;
import com.aerospike.client.Key;
import com.aerospike.client.Record;
import com.aerospike.client.async.EventLoop;
import com.aerospike.client.async.EventLoopType;
import com.aerospike.client.async.EventLoops;
import com.aerospike.client.async.EventPolicy;
import com.aerospike.client.async.NettyEventLoop;
import com.aerospike.client.async.NettyEventLoops;
import com.aerospike.client.listener.RecordListener;
import com.aerospike.client.policy.ClientPolicy;
import com.aerospike.client.policy.Policy;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Handler;
import io.vertx.core.Verticle;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.impl.VertxInternal;

/**
 * The simplest line servers on Vert.x, for comparison: {@code RawServer PORT constant}, {@code RawServer PORT file FILE}
 * or {@code RawServer PORT aerospike AEROSPIKE_PORT SET}.
 */
final class RawServer {
    private static final String PREFIX = "/lines/";
    private static final String CONSTANT =
            "this answer has the length of an ordinary line of text and comes out of a constant";
    private static final int LOOPS = Runtime.getRuntime().availableProcessors();
    private static final int BACKLOG = 4096;

    private RawServer() {}

    public static void main(String[] args) throws Exception {
        Vertx vertx =
                Vertx.vertx(new VertxOptions().setPreferNativeTransport(true).setEventLoopPoolSize(LOOPS));
        int port = Integer.parseInt(args[0]);
        Supplier<Handler<HttpServerRequest>> handlers = switch (args[1]) {
            case "constant" -> () -> constant(Buffer.buffer(CONSTANT));
            case "file" -> new FileLines(Path.of(args[2]))::handler;
            case "aerospike" -> new AerospikeLines(vertx, Integer.parseInt(args[2]), args[3])::handler;
            default -> throw new IllegalArgumentException(args[1]);
        };
        Supplier<Verticle> verticles = () -> new HttpVerticle(port, handlers.get());
        vertx.deployVerticle(verticles, new DeploymentOptions().setInstances(LOOPS))
                .onFailure(failure -> {
                    failure.printStackTrace();
                    System.exit(1);
                });
    }

    private static final class HttpVerticle extends AbstractVerticle {
        private final int port;
        private final Handler<HttpServerRequest> handler;

        HttpVerticle(int port, Handler<HttpServerRequest> handler) {
            this.port = port;
            this.handler = handler;
        }

        @Override
        public void start() {
            HttpServerOptions options = new HttpServerOptions().setAcceptBacklog(BACKLOG);
            vertx.createHttpServer(options).requestHandler(handler).listen(port, "127.0.0.1");
        }
    }

    private static Handler<HttpServerRequest> constant(Buffer body) {
        return request -> text(request).end(body);
    }

    private static HttpServerResponse text(HttpServerRequest request) {
        return request.response().putHeader("content-type", "text/plain");
    }

    private static long lineNumber(HttpServerRequest request) {
        return Long.parseLong(request.path().substring(PREFIX.length()));
    }

    /** Serves the lines of a file by their offsets. */
    private static final class FileLines {
        private final FileChannel channel;
        private long[] starts = new long[1 << 16];
        private int count;

        FileLines(Path file) throws IOException {
            channel = FileChannel.open(file);
            byte[] text = Files.readAllBytes(file);
            for (int at = 0; at < text.length; at++) {
                if (at == 0 || text[at - 1] == '\n') {
                    add(at);
                }
            }
            add(text.length + (text.length > 0 && text[text.length - 1] != '\n' ? 1 : 0));
            count--;
        }

        private void add(long start) {
            if (count == starts.length) {
                starts = Arrays.copyOf(starts, 2 * count);
            }
            starts[count++] = start;
        }

        Handler<HttpServerRequest> handler() {
            return request -> {
                long number = lineNumber(request);
                if (number < 1 || number > count) {
                    request.response().setStatusCode(413).end();
                    return;
                }
                long start = starts[(int) number - 1];
                byte[] line = new byte[(int) (starts[(int) number] - 1 - start)];
                try {
                    channel.read(ByteBuffer.wrap(line), start);
                    text(request).end(Buffer.buffer(line));
                } catch (IOException e) {
                    request.response().setStatusCode(500).end();
                }
            };
        }
    }

    /** Serves the records of a set. The event loop of a request also reads its record. */
    private static final class AerospikeLines {
        private static final int CONNECTIONS = 2048;

        private final EventLoops loops;
        private final AerospikeClient client;
        private final String set;

        AerospikeLines(Vertx vertx, int port, String set) {
            this.set = set;
            EventLoopGroup group = ((VertxInternal) vertx).getEventLoopGroup();
            EventLoopType type =
                    group instanceof NioEventLoopGroup ? EventLoopType.NETTY_NIO : EventLoopType.NETTY_EPOLL;
            loops = new NettyEventLoops(new EventPolicy(), group, type);
            ClientPolicy policy = new ClientPolicy();
            policy.eventLoops = loops;
            policy.asyncMaxConnsPerNode = CONNECTIONS;
            client = new AerospikeClient(policy, new Host("127.0.0.1", port));
        }

        Handler<HttpServerRequest> handler() {
            Policy policy = new Policy();
            return request -> {
                Key key = new Key("lines", set, lineNumber(request));
                client.get(loop(), new RecordResponse(request), policy, key, "l");
            };
        }

        private EventLoop loop() {
            for (EventLoop loop : loops.getArray()) {
                if (((NettyEventLoop) loop).inEventLoop()) {
                    return loop;
                }
            }
            return loops.next();
        }
    }

    /** Responds to a request with the line of its record. */
    private record RecordResponse(HttpServerRequest request) implements RecordListener {
        @Override
        public void onSuccess(Key key, Record found) {
            if (found == null) {
                request.response().setStatusCode(413).end();
            } else {
                text(request).end(Buffer.buffer((byte[]) found.getValue("l")));
            }
        }

        @Override
        public void onFailure(AerospikeException failure) {
            request.response()
                    .setStatusCode(503)
                    .end(Buffer.buffer(failure.getMessage().getBytes(StandardCharsets.UTF_8)));
        }
    }
}
