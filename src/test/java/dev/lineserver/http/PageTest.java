package dev.lineserver.http;

import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.restassured.response.Response;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.openqa.selenium.Keys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The page of lines and that of the status, in a real browser over an embedded store. */
@QuarkusTest
@TestProfile(PageTest.Profile.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class PageTest {
    private static final int LINES = 1_000_000;
    /** A browser's rows, with those that are cut off at both ends. */
    private static final int MAX_ROWS = 60;

    public static final class Profile extends ServedStore.EmbeddedProfile {
        public Profile() {
            super(Map.of());
        }
    }

    @TestHTTPResource("/")
    URL root;

    private Browser browser;

    @BeforeAll
    void start() throws Exception {
        byte[] many = IntStream.rangeClosed(1, LINES)
                .mapToObj(number -> content(number) + "\n")
                .collect(Collectors.joining())
                .getBytes(StandardCharsets.UTF_8);
        ServedStore.ingest("many", many, true);
        ServedStore.ingest("odd", odd(), true);
        ServedStore.ingest("switched", "old\n".repeat(10).getBytes(StandardCharsets.UTF_8), 2, false);
        for (String dataset : List.of("many", "odd", "switched")) {
            String path = "datasets/" + dataset + "/lines/1";
            org.awaitility.Awaitility.await()
                    .until(() -> RestAssured.get(root + path).statusCode() == 200);
        }
        browser = Browser.start();
    }

    /**
     * Line 1: control characters; 2: not UTF-8; 3: HTML; 4: changes the direction of text; 5: 10 MiB; 6: 5,000 letters; 7:
     * empty.
     */
    private static byte[] odd() {
        String before = "tab\there\0bell\u0007\r\n";
        byte[] invalid = {'a', (byte) 0xC3, (byte) 0xA9, (byte) 0xE9, 'z', '\n'};
        String after = "<img src=x onerror=alert(1)>\n\u202Eevil\n" + "0123456789".repeat(1 << 20) + "\n"
                + "x".repeat(5_000) + "\n\nlast";
        byte[] head = before.getBytes(StandardCharsets.UTF_8);
        byte[] tail = after.getBytes(StandardCharsets.UTF_8);
        byte[] all = new byte[head.length + invalid.length + tail.length];
        System.arraycopy(head, 0, all, 0, head.length);
        System.arraycopy(invalid, 0, all, head.length, invalid.length);
        System.arraycopy(tail, 0, all, head.length + invalid.length, tail.length);
        return all;
    }

    @AfterAll
    void stop() {
        if (browser != null) {
            browser.close();
        }
    }

    @AfterEach
    void theConsoleIsClean() {
        assertEquals(List.of(), browser.console());
    }

    private void open(String address) {
        browser.open(root + address);
    }

    private static String content(long number) {
        return "203.0.113." + number % 251 + " GET /articles/" + number + " 200 " + number * 7_919 % 90_000;
    }

    @Test
    void goesToTheLineThatIsTypedAndStepsFromThere() {
        open("?dataset=many");
        browser.await(content(1), () -> browser.line(1));
        browser.goTo("500,000");
        browser.await(content(500_000), () -> browser.line(500_000));
        assertTrue(browser.url().endsWith("?dataset=many#500000"), browser.url());
        browser.click("[data-move=down]");
        browser.await("500001", () -> browser.text(".row.chosen .number"));
        assertTrue(browser.url().endsWith("#500001"), browser.url());
        browser.press("#lines", Keys.ARROW_UP, Keys.ARROW_UP);
        browser.await("499999", () -> browser.text(".row.chosen .number"));
        browser.press("#lines", Keys.END);
        browser.await(content(LINES), () -> browser.line(LINES));
        browser.press("#lines", Keys.ARROW_DOWN);
        assertEquals("1000000", browser.text(".row.chosen .number"));
        browser.press("#lines", Keys.PAGE_UP);
        browser.await(true, () -> Integer.parseInt(browser.text(".row.chosen .number")) < LINES - 5);
        browser.press("#lines", Keys.HOME);
        browser.await(content(1), () -> browser.line(1));
    }

    @Test
    void anAddressLeadsToLines() {
        open("?dataset=many#40-60");
        browser.await(content(40), () -> browser.line(40));
        browser.await("40", () -> browser.text(".row .number"));
        browser.await(
                IntStream.rangeClosed(40, 60).mapToObj(String::valueOf).toList(),
                () -> browser.findAll(".row.marked .number").stream()
                        .map(number -> number.getDomProperty("textContent"))
                        .toList());
        open("?dataset=many&version=1#777777");
        browser.await(content(777_777), () -> browser.line(777_777));
        browser.run("location.hash = '#12'");
        browser.await(content(12), () -> browser.line(12));
        browser.run("history.back()");
        browser.await(content(777_777), () -> browser.line(777_777));
        open("?dataset=many#-3");
        browser.await(content(LINES - 2), () -> browser.line(LINES - 2));
    }

    @Test
    void saysWhatIsWrongWithANumber() {
        open("?dataset=many");
        browser.await(content(1), () -> browser.line(1));
        browser.goTo("1000001");
        browser.await("Line 1000001 is beyond the end: the last line is 1,000,000.", () -> browser.text("#wrong"));
        browser.await(content(LINES), () -> browser.line(LINES));
        for (String wrong : List.of("0", "x", "7-5", "1.5", "-")) {
            browser.goTo(wrong);
            browser.await(true, () -> browser.text("#wrong").length() > 10);
            browser.goTo("5");
            browser.await("", () -> browser.text("#wrong"));
        }
        open("?dataset=none");
        browser.await(true, () -> browser.text("#notice span").contains("none"));
        assertFalse(browser.find("#notice button").isDisplayed());
    }

    @Test
    void showsAnyBytesSafely() {
        open("?dataset=odd");
        browser.await("tab\there␀bell␇␍", () -> browser.line(1));
        assertEquals("aé\\xE9z", browser.line(2));
        assertEquals("<img src=x onerror=alert(1)>", browser.line(3));
        assertEquals("<U+202E>evil", browser.line(4));
        assertTrue(String.valueOf(browser.line(6)).startsWith("x".repeat(1_000) + " … (cut after 1,000"));
        assertEquals("", browser.line(7));
        assertEquals("last", browser.line(8));
        browser.run("document.querySelectorAll('.row')[1].click()");
        browser.await("aé\\xE9z", () -> browser.text("#detail pre"));
        assertEquals("Line 2: 5 bytes, not UTF-8", browser.text("#detail-title"));
        browser.click("#as-hex");
        browser.await(
                "00000000  61 c3 a9 e9 7a                                   a...z", () -> browser.text("#detail pre"));
        browser.press("#detail button", Keys.ESCAPE);
        browser.await(0, () -> browser.findAll("#detail:not([hidden])").size());
    }

    @Test
    void aLineOf10MiBIsShownInPart() {
        open("?dataset=odd#5");
        browser.await(true, () -> browser.text(".row.chosen .text").contains("a line of 10 MiB"));
        browser.press("#lines", Keys.ENTER);
        browser.await("Line 5: 10 MiB", () -> browser.text("#detail-title"));
        browser.await(64 << 10, () -> browser.text("#detail pre").length());
        assertTrue(browser.text(".rest span").contains("the first 64 KiB"), browser.text(".rest span"));
        browser.click("#more");
        browser.await(256 << 10, () -> browser.text("#detail pre").length());
        browser.click("#more");
        browser.await(1 << 20, () -> browser.text("#detail pre").length());
        assertFalse(browser.find("#more").isDisplayed());
        assertEquals(
                root + "datasets/odd/versions/1/lines/5", browser.find("#raw").getDomProperty("href"));
    }

    @Test
    void copiesALineAndItsCommand() {
        open("?dataset=odd#1");
        browser.await(true, () -> browser.findAll(".row.chosen").size() == 1);
        browser.press("#lines", Keys.ENTER);
        browser.await("Line 1: 15 bytes", () -> browser.text("#detail-title"));
        browser.run("navigator.clipboard.writeText = text => { window.copied = text; return Promise.resolve(); }");
        browser.click("#copy-line");
        browser.await("tab\there\0bell\u0007\r", () -> browser.run("return window.copied"));
        browser.click("#copy-curl");
        browser.await("curl '" + root + "datasets/odd/versions/1/lines/1'", () -> browser.run("return window.copied"));
        browser.click("#copy-link");
        browser.await(root + "?dataset=odd&version=1#1", () -> browser.run("return window.copied"));
    }

    /** Through a list longer than any element of a browser can be high. */
    @Test
    void scrollsThroughAMillionLinesInABoundedDocument() {
        open("?dataset=many");
        browser.await(content(1), () -> browser.line(1));
        Set<Long> numbers = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            browser.run("document.getElementById('lines').scrollTop += 300");
            long rows = browser.findAll(".row").size();
            assertTrue(rows <= MAX_ROWS, rows + " rows");
            numbers.add(Long.parseLong(browser.text(".row .number")));
        }
        assertTrue(
                numbers.stream().allMatch(number -> number <= 2_800), "small steps move by as many lines as they show");
        assertTrue(numbers.size() > 100, numbers.size() + " steps");
        for (int tenth = 1; tenth <= 10; tenth++) {
            browser.run("""
                    const list = document.getElementById('lines');
                    list.scrollTop = arguments[0] * (list.scrollHeight - list.clientHeight);
                    """, tenth / 10.0);
            long expected = LINES / 10L * tenth;
            browser.await(true, () -> Math.abs(Long.parseLong(browser.text(".row .number")) - expected) < 1_000);
            browser.await(content(number()), () -> browser.line(number()));
        }
        browser.await(content(LINES), () -> browser.line(LINES));
        long elements = browser.findAll("*").size();
        assertTrue(elements < 500, elements + " elements");
    }

    /** The number of the second row, the first that is not cut off. */
    private long number() {
        return Long.parseLong(browser.text(".row:nth-child(2) .number"));
    }

    @Test
    void offersANewVersionAndShowsTheOldOneUntilThen() throws Exception {
        open("?dataset=switched#3");
        browser.await("old", () -> browser.line(3));
        ServedStore.ingest("switched", "new\n".repeat(20).getBytes(StandardCharsets.UTF_8), 2, false);
        browser.await(true, () -> browser.text("#notice span").startsWith("Version 2 is the current one now."));
        assertEquals("old", browser.line(3));
        browser.click("#notice button");
        browser.await("new", () -> browser.line(20));
        assertFalse(browser.find("#notice").isDisplayed());
        browser.await(
                List.of("2 (current)", "1"),
                () -> browser.findAll("#version option").stream()
                        .map(option -> option.getDomProperty("textContent"))
                        .toList());
        open("?dataset=switched&version=1#3");
        browser.await("old", () -> browser.line(3));
        ServedStore.ingest("switched", "newest\n".repeat(20).getBytes(StandardCharsets.UTF_8), 1, false);
        org.awaitility.Awaitility.await()
                .until(() -> RestAssured.get(root + "datasets/switched/versions/1/lines/1")
                                .statusCode()
                        == 410);
        browser.goTo("4");
        open("?dataset=switched&version=1#3");
        browser.await(true, () -> browser.find("#notice button").isDisplayed());
        browser.click("#notice button");
        browser.await("newest", () -> browser.line(1));
    }

    @Test
    void saysThatADatasetWasDropped() throws Exception {
        ServedStore.ingest("dropped", "short\n".repeat(100_000).getBytes(StandardCharsets.UTF_8), true);
        org.awaitility.Awaitility.await()
                .until(() -> RestAssured.get(root + "datasets/dropped/lines/1").statusCode() == 200);
        open("?dataset=dropped");
        browser.await("short", () -> browser.line(1));
        ServedStore.drop("dropped");
        org.awaitility.Awaitility.await()
                .until(() -> RestAssured.get(root + "datasets/dropped/lines/1").statusCode() == 404);
        browser.goTo("90000");
        browser.await(true, () -> browser.text("#notice span").contains("dropped"));
        browser.await("", () -> browser.text("#state"));
        assertFalse(browser.find("#notice button").isDisplayed());
    }

    @Test
    void everyoneCanUseThePages() throws Exception {
        for (int width : new int[] {1_100, 500}) {
            browser.resize(width, 800);
            open("?dataset=many#42");
            browser.await(content(42), () -> browser.line(42));
            browser.press("#lines", Keys.ENTER);
            browser.await("Line 42: " + content(42).length() + " bytes", () -> browser.text("#detail-title"));
            browser.await(content(42), () -> browser.line(42));
            assertEquals(List.of(), browser.findAccessibilityFaults());
            if (width == 1_100) {
                browser.keepImage("page");
            }
            open("status");
            browser.await("The store can be read.", () -> browser.text("#health"));
            browser.await(true, () -> browser.text("#datasets").contains("many"));
            assertEquals(List.of(), browser.findAccessibilityFaults());
        }
        browser.resize(1_100, 800);
    }

    /** A headless window cannot be narrower than 500 pixels, so the page is put into a frame of 320. */
    @Test
    void nothingIsCutOffAt320Pixels() {
        for (String page : List.of("?dataset=odd#2", "status")) {
            open(page);
            browser.await(true, () -> browser.text("body").contains("odd"));
            Object overflow = browser.run("""
                    document.documentElement.style.width = '320px';
                    return [...document.querySelectorAll('header *, form *, #facts, #health, .chart, .bar *')]
                      .filter(e => e.getBoundingClientRect().right > 321).map(e => e.outerHTML);
                    """);
            assertEquals(List.of(), overflow);
        }
    }

    @Test
    void theStatusShowsRequestsAsTheyHappen() throws Exception {
        open("status");
        browser.await("The store can be read.", () -> browser.text("#health"));
        browser.await(true, () -> {
            for (int i = 0; i < 50; i++) {
                Response _ = RestAssured.get(root + "lines/1");
                Response _ = RestAssured.get(root + "lines/x");
            }
            Matcher rate = Pattern.compile("Requests([\\d.,]+)/s").matcher(browser.text("#charts"));
            Matcher errors = Pattern.compile("client \\(4xx\\) ([\\d.,]+)/s").matcher(browser.text("#charts"));
            return rate.find()
                    && Double.parseDouble(rate.group(1).replace(",", "")) > 2
                    && errors.find()
                    && Double.parseDouble(errors.group(1).replace(",", "")) > 1
                    && browser.text("#charts").matches("(?s).*median [\\d.]+ (µs|ms).*");
        });
        browser.keepImage("status");
    }
}
