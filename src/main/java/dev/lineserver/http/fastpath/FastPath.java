package dev.lineserver.http.fastpath;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;

import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ServerChannel;
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
import dev.lineserver.http.connection.ListeningChannels;

/**
 * Installs the fast path: adds a {@link FastPathHandler} to each connection that the main port accepts.
 *
 * <p>Plain requests for lines then bypass Vert.x, Quarkus and every route. That is safe only if none of these would change
 * the answer. So the fast path stays off if a setting, a route or a tracer applies to lines, or is not known to leave them
 * alone: {@link #findReasonToDisable} names the first of these.
 */
@Singleton
final class FastPath {
    private static final Logger LOG = Logger.getLogger(FastPath.class);
    private static final String ENABLED = "line-server.http.fast-path";
    /** Settings that apply to lines if they have a value. */
    private static final List<String> APPLYING_IF_SET = List.of(
            "line-server.http.api-keys",
            "line-server.http.rate-limit",
            "line-server.http.cors-origins",
            "line-server.traces");
    /** Routes in front of those for lines that leave plain requests for lines alone. */
    private static final Set<String> HARMLESS_ROUTES = Set.of(LineRoute.GUARD_NAME, LineRoute.MANAGEMENT_NAME);

    private static final String ACCESS_LOG = "line-server.access-log";
    private static final String REQUEST_METRICS = "quarkus.micrometer.binder.http-server.enabled";

    /**
     * Matches the names of HTTP settings, as properties and as environment variables, except those known to leave lines
     * alone: settings of the socket, of idle connections, of HTTP/2 streams and of request bodies. The list names the
     * harmless settings and not the others, so that a setting of a later Quarkus release turns the fast path off.
     */
    private static final Pattern UNLISTED_HTTP_SETTING = Pattern.compile(
            "quarkus[._]http[._](?!(?:(?:test.)?(?:host|port)|test.timeout|host.enabled|io.threads|idle.timeout"
                    + "|accept.backlog|so.reuse.port|tcp.(?:quick.ack|cork|fast.open)"
                    + "|limits.max.(?:body.size|concurrent.streams))$).*",
            Pattern.CASE_INSENSITIVE);

    /**
     * Matches build-time settings that apply to lines, as {@code name=value}. Such a setting always has a value, also if
     * nobody set it. The others add a route if they are enabled, so that the check of routes finds them.
     */
    private static final Pattern EFFECTIVE_BUILD_TIME_SETTING =
            Pattern.compile("quarkus.http.(root.path=(?!/$)|enable.(de)?compression=true).*");

    /** Netty's default. */
    private static final int MAX_READ_BYTES = 65_536;

    final LineRoute lineRoute;
    final LineHead head;
    final RequestOutcomes outcomes;

    FastPath(LineRoute lineRoute, LineHead head, RequestOutcomes outcomes) {
        this.lineRoute = lineRoute;
        this.head = head;
        this.outcomes = outcomes;
    }

    /** Quarkus calls this on a worker thread, once the main port is listening. */
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
        ListeningChannels.change(internal.getAcceptorEventLoopGroup(), port, this::install);
    }

    /**
     * Finds something that the fast path would bypass although it may apply to lines.
     *
     * @param routes all routes, in the order in which the router tries them
     * @param traced true if requests are traced
     * @return a name for the log; empty if the fast path may be installed
     */
    static Optional<String> findReasonToDisable(SmallRyeConfig config, List<Route> routes, boolean traced) {
        if (!config.getOptionalValue(ENABLED, Boolean.class).orElse(true)) {
            return Optional.of(ENABLED);
        }
        for (String setting : APPLYING_IF_SET) {
            if (config.getOptionalValue(setting, String.class).isPresent()) {
                return Optional.of(setting);
            }
        }
        if (!config.getOptionalValue(ACCESS_LOG, String.class).orElse("none").equalsIgnoreCase("none")) {
            return Optional.of(ACCESS_LOG);
        }
        if (traced || config.getOptionalValue(REQUEST_METRICS, Boolean.class).orElse(true)) {
            return Optional.of(traced ? "tracing" : REQUEST_METRICS);
        }
        return StreamSupport.stream(config.getPropertyNames().spliterator(), false)
                .filter(name ->
                        UNLISTED_HTTP_SETTING.matcher(name).matches() && mayAffectRequests(config.getConfigValue(name)))
                .findFirst()
                .or(() -> routes.stream()
                        .takeWhile(route -> !LineRoute.ROUTE_NAME.equals(route.getName()))
                        .filter(route -> route.getName() == null || !HARMLESS_ROUTES.contains(route.getName()))
                        // This route of Quarkus REST has no name. It only registers a handler for failed
                        // authentication.
                        .filter(route -> !route.toString().contains("reactive.server.runtime.ResteasyReactiveRecorder"))
                        .findFirst()
                        .map(route -> "a route or filter in front of those for lines: " + route));
    }

    /**
     * Judges a setting by the ordinal of its source. Build-time settings have the highest ordinal and defaults the lowest;
     * with any other ordinal, the user has set a value.
     */
    private static boolean mayAffectRequests(ConfigValue value) {
        return value.getConfigSourceOrdinal() == Integer.MAX_VALUE
                ? EFFECTIVE_BUILD_TIME_SETTING
                        .matcher(value.getName() + "=" + value.getValue())
                        .matches()
                : value.getConfigSourceOrdinal() > Integer.MIN_VALUE;
    }

    private void install(ServerChannel listening) {
        listening.pipeline().addFirst(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                Channel accepted = (Channel) message;
                // Netty sizes read buffers by the last reads, from 64 bytes on. A head that arrives in two reads is
                // left to the router, so the smallest buffer has room for any plain head.
                accepted.config()
                        .setRecvByteBufAllocator(new AdaptiveRecvByteBufAllocator(
                                PlainRequestParser.MAX_HEAD_BYTES, PlainRequestParser.MAX_HEAD_BYTES, MAX_READ_BYTES));
                accepted.pipeline().addLast(new FastPathHandler(FastPath.this));
                ctx.fireChannelRead(message);
            }
        });
    }
}
