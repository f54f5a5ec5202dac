package dev.lineserver.config;

import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A number of requests in a time, such as {@code 100/s}, {@code 600/m} or {@code 5000/h}.
 *
 * @param requests from 1 to {@link #MAX_REQUESTS}
 * @param window the time: a second, a minute or an hour
 */
public record RequestRate(long requests, Duration window) {
    /** Far above what a server answers in a second. */
    static final long MAX_REQUESTS = 1_000_000;

    private static final Pattern FORM = Pattern.compile("(\\d{1,7})/([smh])");
    private static final Map<String, Duration> WINDOWS =
            Map.of("s", Duration.ofSeconds(1), "m", Duration.ofMinutes(1), "h", Duration.ofHours(1));

    static RequestRate parse(String text) {
        Matcher form = FORM.matcher(text);
        if (form.matches()) {
            long requests = Long.parseLong(form.group(1));
            if (requests >= 1 && requests <= MAX_REQUESTS) {
                return new RequestRate(requests, WINDOWS.getOrDefault(form.group(2), Duration.ZERO));
            }
        }
        throw new IllegalArgumentException(
                "'" + text + "' is not a rate of requests: use N/s, N/m or N/h with N from 1 to " + MAX_REQUESTS
                        + ", such as 100/s");
    }
}
