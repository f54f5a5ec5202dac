package dev.lineserver.http;

import java.util.Map;

import io.vertx.core.http.HttpServerRequest;

import dev.lineserver.line.LineNumbers;
import dev.lineserver.store.ControlCharacters;
import dev.lineserver.store.LineDamagedException;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;

/** Answers requests whose store has failed, and counts and logs these failures. Safe for use by several threads. */
record StoreFailures(RequestOutcomes outcomes, LineNumbers numbers) {
    /**
     * Answers a request with a problem.
     *
     * @param more headers
     */
    void answer(HttpServerRequest request, Manifest manifest, Throwable failure, Map<String, String> more) {
        switch (StoreException.causeOf(failure)) {
            case StoreUnavailableException e -> {
                outcomes.requests.recordRefusal(RequestMetrics.Refusal.STORE);
                Problem.unavailable(e.getMessage()).answer(request, more);
            }
            case LineDamagedException e -> recordDamage(manifest, e).answer(request, more);
            case StoreException e ->
                outcomes.answerUnexpectedFailure(request, Problem.storeFailed(e.getMessage()), e, more);
            case Throwable e -> outcomes.answerUnexpectedFailure(request, Problem.unexpected(), e, more);
        }
    }

    private Problem recordDamage(Manifest manifest, LineDamagedException e) {
        recordDamage(manifest, e.lineIndex(), e.getMessage());
        return Problem.damaged(manifest, numbers.number(e.lineIndex()), e.getMessage());
    }

    /** Counts a damaged line, and logs it, but at most one a second: many requests may meet many damaged lines. */
    void recordDamage(Manifest manifest, long lineIndex, String damage) {
        outcomes.recordDamage();
        outcomes.logAtMostOncePerSecond(manifest.versionName() + " line " + numbers.number(lineIndex) + ": "
                + ControlCharacters.escape(damage));
    }

    /**
     * Cuts off an answer with several lines or a long one, whose head has been written: closes the connection, or resets the
     * stream of HTTP/2, so that the client cannot take the answer for complete.
     */
    void cut(HttpServerRequest request, Manifest manifest, Throwable failure) {
        Throwable cause = StoreException.causeOf(failure);
        String place = manifest.versionName();
        if (cause instanceof LineDamagedException e) {
            outcomes.recordDamage();
            place += " line " + numbers.number(e.lineIndex());
        }
        String message = "an answer with lines of " + place + " was cut off: ";
        if (cause instanceof StoreException e) {
            outcomes.recordCut(message + ControlCharacters.escape(e.getMessage()), null);
        } else {
            outcomes.recordCut(message + "unexpected failure", cause);
        }
        RequestGuard.cutOff(request);
    }
}
