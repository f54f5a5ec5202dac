package dev.lineserver.http;

import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Gives every error of a REST resource a problem as its body. */
final class ProblemMapper {
    @ServerExceptionMapper
    Response map(WebApplicationException failure, HttpServerRequest request) {
        Response response = failure.getResponse();
        return response.hasEntity()
                ? response
                : Problem.ofStatus(response.getStatus(), request).response();
    }
}
