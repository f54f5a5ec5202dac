package dev.lineserver.http.fastpath;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ServerChannel;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.util.concurrent.EventExecutor;
import io.quarkus.value.registry.ValueRegistry;
import io.quarkus.vertx.http.HttpServer;
import io.quarkus.vertx.http.HttpServerStart;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.SmallRyeConfig;
import io.vertx.core.Vertx;
import io.vertx.core.impl.VertxInternal;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;

import dev.lineserver.http.LineHead;
import dev.lineserver.http.LineRoute;
import dev.lineserver.http.RequestOutcomes;

/**
 * The entry point: adds a {@link FastPathHandler} to each connection that the main port accepts, in front of Netty's
 * acceptor, which Vert.x has no hook for; but only if all in front of the line routes is known to leave lines alone.
 */
@Singleton
final class FastPath {
    private static final Logger LOG = Logger.getLogger(FastPath.class);
    private static final String ENABLED = "line-server.http.fast-path";
    private static final String REQUEST_METRICS = "quarkus.micrometer.binder.http-server.enabled";

    /** Names of properties and environment variables, but for those of the socket, of HTTP/2 and of bodies. */
    private static final Pattern NOT_ALLOWED = Pattern.compile(
            "quarkus[._]http[._](?!(?:(?:test.)?(?:host|port)|test.timeout|host.enabled|io.threads|idle.timeout"
                    + "|accept.backlog|so.reuse.port|tcp.(?:quick.ack|cork|fast.open)"
                    + "|limits.max.(?:body.size|concurrent.streams))$).*",
            Pattern.CASE_INSENSITIVE);

    /** What was fixed when the program was built always has a value, and adds a route if it acts; but for these. */
    private static final Pattern EFFECTIVE_AT_BUILD_TIME =
            Pattern.compile("quarkus.http.(root.path=(?!/$)|enable.(de)?compression=true).*");

    final LineRoute lineRoute;
    final LineHead head;
    final RequestOutcomes outcomes;

    FastPath(LineRoute lineRoute, LineHead head, RequestOutcomes outcomes) {
        this.lineRoute = lineRoute;
        this.head = head;
        this.outcomes = outcomes;
    }

    void install(
            @ObservesAsync HttpServerStart started,
            Vertx vertx,
            Router router,
            SmallRyeConfig config,
            ValueRegistry values) {
        VertxInternal internal = (VertxInternal) vertx;
        boolean traced = internal.getOrCreateContext().tracer() != null;
        Optional<String> reason = findReasonToDisable(config, router.getRoutes(), traced);
        if (reason.isPresent()) {
            LOG.infof("the fast path is off, because of %s; the router answers all requests", reason.get());
            return;
        }
        int port = values.get(HttpServer.HTTP_PORT);
        for (EventExecutor loop : internal.getAcceptorEventLoopGroup()) {
            loop.execute(() -> ((SingleThreadEventLoop) loop)
                    .registeredChannelsIterator()
                    .forEachRemaining(channel -> install(channel, port)));
        }
    }

    /** Returns what the fast path would bypass, given all routes in the order in which they are tried; empty if nothing. */
    static Optional<String> findReasonToDisable(SmallRyeConfig config, List<Route> routes, boolean traced) {
        if (!config.getOptionalValue(ENABLED, Boolean.class).orElse(true)) {
            return Optional.of(ENABLED);
        }
        if (traced || config.getOptionalValue(REQUEST_METRICS, Boolean.class).orElse(true)) {
            return Optional.of(traced ? "tracing" : REQUEST_METRICS);
        }
        return StreamSupport.stream(config.getPropertyNames().spliterator(), false)
                .filter(name -> NOT_ALLOWED.matcher(name).matches() && mayAffectRequests(config.getConfigValue(name)))
                .findFirst()
                .or(() -> routes.stream()
                        .takeWhile(route -> !LineRoute.ROUTE_NAME.equals(route.getName()))
                        .filter(route -> !LineRoute.GUARD_NAME.equals(route.getName()))
                        // Quarkus REST's tells failed authentications what handles them, and has no name.
                        .filter(route -> !route.toString().contains("reactive.server.runtime.ResteasyReactiveRecorder"))
                        .findFirst()
                        .map(route -> "a route or filter in front of those for lines: " + route));
    }

    private static boolean mayAffectRequests(ConfigValue value) {
        return value.getConfigSourceOrdinal() == Integer.MAX_VALUE
                ? EFFECTIVE_AT_BUILD_TIME
                        .matcher(value.getName() + "=" + value.getValue())
                        .matches()
                : value.getConfigSourceOrdinal() > Integer.MIN_VALUE;
    }

    private void install(Channel listening, int port) {
        if (listening instanceof ServerChannel
                && listening.localAddress() instanceof InetSocketAddress address
                && address.getPort() == port) {
            listening.pipeline().addFirst(new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext ctx, Object accepted) {
                    ((Channel) accepted).pipeline().addLast(new FastPathHandler(FastPath.this));
                    ctx.fireChannelRead(accepted);
                }
            });
        }
    }
}
