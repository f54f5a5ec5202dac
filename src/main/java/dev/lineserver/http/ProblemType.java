package dev.lineserver.http;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * The kinds of problems. The {@code type} of a problem is a path that this server answers with the kind's description.
 * {@code src/docs/errors.md} has the same texts.
 */
enum ProblemType {
    PAST_THE_END(
            413,
            "Beyond the last line",
            "the dataset has fewer lines; member `lines` is their number",
            "ask for a line up to that number"),
    NOT_A_LINE_NUMBER(
            400,
            "Not a line number",
            "the number has a sign, a fraction or other characters, or is below the first line's",
            "send decimal digits; the first line is 1 unless the server was started with `--first-line-number 0`"),
    INVALID_QUERY(
            400,
            "Invalid query",
            "`count` is not a positive whole number, or the parameters do not go together; `detail` names the parameter",
            "see `http.md`, or `/q/openapi`"),
    INVALID_BODY(
            400,
            "Invalid body",
            "the body of `POST` is not `{\"numbers\":[…]}` with whole numbers, is longer than 256 KiB, or was not complete"
                    + " within `line-server.http.lookup-timeout`",
            "send that form; `detail` names the fault"),
    UNSUPPORTED_MEDIA_TYPE(
            415,
            "Unsupported media type",
            "the `Content-Type` of `POST` is not `application/json`",
            "send JSON, and say so"),
    PRECONDITION_FAILED(
            412,
            "Precondition failed",
            "the header `If-Match` does not name the current `ETag`: the content is not the one that the client means",
            "ask without the header, and go on with the `ETag` of the answer"),
    RANGE_NOT_SATISFIABLE(
            416,
            "No such lines",
            "the lines that the header `Range` names do not exist; member `lines` is the number of lines",
            "ask for lines up to that number"),
    RANGE_TOO_LONG(
            400,
            "Too many lines at once",
            "the server sends fewer lines or bytes in one answer, or the request has more than 10,000 numbers; `detail`"
                    + " names the limit",
            "ask for fewer lines at once, or have `line-server.http.max-range-lines` or `max-range-bytes` raised; no"
                    + " setting raises the limit of numbers"),
    TOO_LONG_FOR_JSON(
            406,
            "Too long for JSON",
            "the line is longer than 1 MiB, and `Accept` asks for JSON; members `line`, `bytes`",
            "accept `text/plain` or `application/octet-stream`"),
    NO_SUCH_DATASET(
            404, "No such dataset", "the store does not list this dataset", "see `/datasets`; ingest a file into it"),
    NOT_A_VERSION_NUMBER(
            400,
            "Not a version number",
            "the version has a sign, a fraction or other characters",
            "send decimal digits, as `/datasets/{d}/versions` shows them"),
    NO_SUCH_VERSION(
            404,
            "No such version",
            "no version with this number has been published; members `dataset`, `version`",
            "see `/datasets/{d}/versions`"),
    VERSION_GONE(
            410,
            "Version gone",
            "the store does not have this version any more, and never will again; members `dataset`, `version`",
            "see `/datasets/{d}/versions`; to keep more versions, ingest with `--keep`"),
    UNAVAILABLE(
            503,
            "Temporarily unavailable",
            "the store or the dataset cannot be read at present; `detail` says why",
            "repeat after `Retry-After` seconds; if it lasts, look at the file or node that `detail` names"),
    LINE_DAMAGED(
            500,
            "Stored line missing or damaged",
            "the line was stored and is missing or damaged; members `dataset`, `version`, `line`",
            "ingest the file again; find out how the store lost data"),
    STORE_FAILED(
            500,
            "The store failed",
            "the store refuses, and repeating the request does not help",
            "follow `detail`, which usually names a right or a setting"),
    UNEXPECTED(500, "Internal error", "a fault of the program", "read the server's log and report it"),
    KEY_NEEDED(
            401,
            "Key needed",
            "the server has keys (`--api-keys`), and the request has none that it knows; header `WWW-Authenticate`",
            "send `Authorization: Bearer KEY`; ask the operator for a key"),
    NOT_GRANTED(
            403,
            "Not granted",
            "the client may not read this dataset, whether or not it exists, or this path",
            "see `/datasets` for those it may read; ask the operator for the grant"),
    TOO_MANY_REQUESTS(
            429,
            "Too many requests",
            "the client has sent more requests than `--rate-limit` allows",
            "repeat after `Retry-After` seconds; `RateLimit` has the number that is left"),
    NOT_FOUND(404, "Not found", "no resource has this path", "lines are at `/lines/{n}`"),
    METHOD_NOT_ALLOWED(
            405,
            "Method not allowed",
            "the resource does not have this method; header `Allow` lists those it has",
            "use one of these"),
    NOT_ACCEPTABLE(
            406,
            "Not acceptable",
            "the request's `Accept` excludes the type of the answer",
            "accept `application/json`, or `*/*`"),
    BAD_REQUEST(
            400,
            "Bad request",
            "HTTP forbids the request, its path is not UTF-8, or its body is longer than 64 KiB; the connection is closed",
            "correct the client; `detail` names the fault"),
    REQUEST_TIMEOUT(
            408,
            "Request Timeout",
            "the head of a request was not complete within `line-server.http.head-timeout`; the connection is closed",
            "send each request at once; behind a slow network, raise the setting"),
    NOT_IMPLEMENTED(
            501,
            "Not implemented",
            "the request has a transfer coding other than chunked; the connection is closed",
            "send it without"),
    HTTP_VERSION_NOT_SUPPORTED(
            505,
            "HTTP version not supported",
            "the version of HTTP is unknown, or is 1.0 and the server does not know the length of the answer in advance",
            "use HTTP/1.1 or HTTP/2"),
    REFUSED(
            400,
            "Request refused",
            "the request was refused for a reason without a type of its own; `status` may differ, and `detail` names the"
                    + " reason",
            "correct the client");

    final int status;
    final String title;
    private final String meaning;
    private final String remedy;

    ProblemType(int status, String title, String meaning, String remedy) {
        this.status = status;
        this.title = title;
        this.meaning = meaning;
        this.remedy = remedy;
    }

    /** The kind with this name in {@link #path}; empty if there is none. */
    static Optional<ProblemType> of(String name) {
        return Arrays.stream(values())
                .filter(type -> type.path().equals("/problems/" + name))
                .findFirst();
    }

    /** The kind of a status that says nothing about lines. */
    static ProblemType of(int status) {
        return switch (status) {
            case 404 -> NOT_FOUND;
            case 405 -> METHOD_NOT_ALLOWED;
            case 406 -> NOT_ACCEPTABLE;
            case 412 -> PRECONDITION_FAILED;
            case 501 -> NOT_IMPLEMENTED;
            case 505 -> HTTP_VERSION_NOT_SUPPORTED;
            default -> REFUSED;
        };
    }

    /** Where the server describes it, relative to the server's root. */
    String path() {
        return "/problems/" + name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Describes it to people, in plain text. */
    String description() {
        return "%s (status %d)%n%nMeaning: %s.%nWhat to do: %s.%n".formatted(title, status, meaning, remedy);
    }

    /** Its row in the table of {@code errors.md}. */
    String row() {
        return "| `" + path() + "` | " + status + " | " + meaning + " | " + remedy + " |";
    }
}
