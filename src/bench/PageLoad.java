import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Measures how soon the page of a running server shows its first line: {@code PageLoad BASE_URL ROUNDS}. Needs Debian's
 * chromium. Every round has a browser context of its own, so nothing is cached. Prints the milliseconds from the start of
 * the navigation until the text of a line is in the document, as median, minimum and maximum.
 */
final class PageLoad implements WebSocket.Listener, AutoCloseable {
    private static final long ANSWER_SECONDS = 20;
    private static final Pattern SOCKET = Pattern.compile("ws://\\S+");

    /** Runs in the page before its own scripts, and notes when a row of the list first has text. */
    private static final String OBSERVER = "new MutationObserver(() => {"
            + "if (window.shown === undefined && [...document.querySelectorAll('.row .text')].some(e => e.textContent"
            + " && !e.classList.contains('absent'))) window.shown = performance.now();"
            + "}).observe(document, {subtree: true, childList: true, characterData: true});";

    private final Process browser;
    private final Path profile;
    private final WebSocket socket;
    private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
    private final StringBuilder partial = new StringBuilder();
    private int lastId;

    private PageLoad() throws IOException {
        profile = Files.createTempDirectory("page-load");
        browser = new ProcessBuilder(
                        "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0",
                        "--user-data-dir=" + profile, "about:blank")
                .redirectErrorStream(true)
                .start();
        socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(URI.create(addressOf(browser)), this)
                .join();
    }

    public static void main(String[] args) throws Exception {
        double[] times = new double[Integer.parseInt(args[1])];
        try (PageLoad load = new PageLoad()) {
            load.round(args[0]);
            for (int i = 0; i < times.length; i++) {
                times[i] = load.round(args[0]);
            }
        }
        Arrays.sort(times);
        System.out.printf(
                "first line after %.0f ms (%.0f to %.0f), %d cold loads%n",
                times[times.length / 2], times[0], times[times.length - 1], times.length);
    }

    private double round(String url) throws InterruptedException {
        String context = value(send("", "Target.createBrowserContext", ""), "browserContextId");
        String target = value(
                send("", "Target.createTarget", "\"url\":\"about:blank\",\"browserContextId\":\"" + context + "\""),
                "targetId");
        String session = value(
                send("", "Target.attachToTarget", "\"flatten\":true,\"targetId\":\"" + target + "\""), "sessionId");
        send(session, "Page.enable", "");
        send(session, "Page.addScriptToEvaluateOnNewDocument", "\"source\":\"" + OBSERVER + "\"");
        send(session, "Page.navigate", "\"url\":\"" + url + "\"");
        String expression = "new Promise(done => { const poll = () => window.shown === undefined"
                + " ? setTimeout(poll, 20) : done(String(window.shown)); poll(); })";
        String shown = value(
                send(session, "Runtime.evaluate", "\"awaitPromise\":true,\"expression\":\"" + expression + "\""), "value");
        send("", "Target.disposeBrowserContext", "\"browserContextId\":\"" + context + "\"");
        return Double.parseDouble(shown);
    }

    /** Sends a command of the DevTools protocol and returns its answer; events in between are ignored. */
    private String send(String session, String method, String parameters) throws InterruptedException {
        int id = ++lastId;
        String target = session.isEmpty() ? "" : "\"sessionId\":\"" + session + "\",";
        socket.sendText("{\"id\":" + id + "," + target + "\"method\":\"" + method + "\",\"params\":{" + parameters + "}}", true)
                .join();
        while (true) {
            String message = messages.poll(ANSWER_SECONDS, TimeUnit.SECONDS);
            if (message == null) {
                throw new IllegalStateException("The browser has not answered " + method + ".");
            }
            if (message.startsWith("{\"id\":" + id + ",")) {
                return message;
            }
        }
    }

    private static String value(String answer, String name) {
        Matcher matcher = Pattern.compile("\"" + name + "\":\"([^\"]+)\"").matcher(answer);
        if (!matcher.find()) {
            throw new IllegalStateException("The browser answered without " + name + ": " + answer);
        }
        return matcher.group(1);
    }

    private static String addressOf(Process browser) throws IOException {
        BufferedReader output =
                new BufferedReader(new InputStreamReader(browser.getInputStream(), StandardCharsets.UTF_8));
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            Matcher matcher = SOCKET.matcher(line);
            if (matcher.find()) {
                return matcher.group();
            }
        }
        throw new IOException("chromium ended without an address");
    }

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
        partial.append(data);
        if (last) {
            messages.add(partial.toString());
            partial.setLength(0);
        }
        from.request(1);
        return null;
    }

    @Override
    public void close() throws IOException, InterruptedException {
        browser.descendants().forEach(ProcessHandle::destroy);
        browser.destroy();
        browser.waitFor(ANSWER_SECONDS, TimeUnit.SECONDS);
        new ProcessBuilder("rm", "-rf", profile.toString()).start().waitFor();
    }
}
