package org.djlquant.zoo.fetch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.djlquant.zoo.fetch.DownloadException.Kind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The downloader against a local hub and each of its faults. */
class HubDownloaderTest {
    private static final HubReference MODEL = HubReference.parse("hf://acme/tiny-model");
    private static final String WEIGHTS = "model.safetensors";

    @TempDir
    private Path cache;

    private FakeHub hub;
    private final AtomicLong lastDone = new AtomicLong();
    private final AtomicLong lastTotal = new AtomicLong();

    @BeforeEach
    void start() throws IOException {
        hub = new FakeHub();
        hub.files.put("config.json", "{\"a\": 1}".getBytes(StandardCharsets.UTF_8));
        hub.files.put("sub dir/more.json", "{}".getBytes(StandardCharsets.UTF_8));
        byte[] weights = new byte[3_000_001];
        new Random(7).nextBytes(weights);
        hub.files.put(WEIGHTS, weights);
    }

    @AfterEach
    void stop() {
        hub.close();
    }

    private HubSettings settings(boolean offline) {
        return new HubSettings(hub.uri(), "secret", cache, offline, 2, Duration.ofMillis(5), Duration.ofMillis(700));
    }

    private Path fetch() {
        return fetch(MODEL, false);
    }

    private Path fetch(HubReference reference, boolean offline) {
        return new HubDownloader(settings(offline), (file, done, total) -> {
                    lastDone.set(done);
                    lastTotal.set(total);
                })
                .fetch(reference, files -> files);
    }

    private void assertSound(Path snapshot) throws IOException {
        for (Map.Entry<String, byte[]> file : hub.files.entrySet()) {
            assertArrayEquals(file.getValue(), Files.readAllBytes(snapshot.resolve(file.getKey())), file.getKey());
        }
        assertEquals(lastTotal.get(), lastDone.get());
        assertEquals(List.of(), parts());
    }

    private List<Path> parts() throws IOException {
        try (Stream<Path> all = Files.walk(cache)) {
            return all.filter(p -> p.toString().endsWith(".part")).toList();
        }
    }

    private DownloadException refused(Kind kind, String... words) throws IOException {
        DownloadException e = assertThrows(DownloadException.class, this::fetch);
        assertEquals(kind, e.kind(), e.getMessage());
        for (String word : words) {
            assertTrue(e.getMessage().contains(word), e.getMessage());
        }
        try (Stream<Path> all = Files.walk(cache)) {
            assertTrue(all.noneMatch(p -> p.endsWith(WEIGHTS)), "a file that is not whole is in the snapshot");
        }
        return e;
    }

    private static boolean status(HttpExchange exchange, int status) throws IOException {
        exchange.sendResponseHeaders(status, -1);
        return true;
    }

    @Test
    void fetchesAllFilesOnceAndReusesThem() throws IOException {
        assertSound(fetch());
        hub.log.clear();
        Path again = fetch();
        assertEquals(1, hub.log.size(), "only the listing is asked for again: " + hub.log);
        assertSound(again);
        assertEquals(FakeHub.COMMIT, Files.readString(cache.resolve("models--acme--tiny-model/refs/main")));
        assertEquals(again, fetch(MODEL, true), "offline mode finds the snapshot");
    }

    @Test
    void fetchesOnlyWhatIsSelected() throws IOException {
        Path snapshot = new HubDownloader(settings(false), (f, d, t) -> {})
                .fetch(MODEL, files -> files.stream().filter(f -> f.name().equals("config.json")).toList());
        assertTrue(Files.exists(snapshot.resolve("config.json")));
        assertFalse(Files.exists(snapshot.resolve(WEIGHTS)));
    }

    @Test
    void resumesAfterCuts() throws IOException {
        hub.fault = (exchange, file, content, attempt) -> {
            if (!file.equals(WEIGHTS) || attempt > 3) {
                return false;
            }
            String range = exchange.getRequestHeaders().getFirst("Range");
            int from = range == null ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
            if (from > 0) {
                exchange.getResponseHeaders().set("Content-Range", "bytes " + from + "-" + (content.length - 1) + "/" + content.length);
            }
            exchange.sendResponseHeaders(from > 0 ? 206 : 200, content.length - from);
            exchange.getResponseBody().write(content, from, 700_000);
            exchange.getResponseBody().flush();
            return true; // closing the exchange cuts the connection
        };
        assertSound(fetch());
        assertTrue(hub.log.stream().anyMatch(l -> l.contains("range=bytes=")), "continued by range: " + hub.log);
    }

    @Test
    void startsAgainWhereRangesAreIgnored() throws IOException {
        hub.fault = (exchange, file, content, attempt) -> {
            if (!file.equals(WEIGHTS)) {
                return false;
            }
            exchange.sendResponseHeaders(200, content.length);
            exchange.getResponseBody().write(content, 0, attempt == 1 ? 1_000_000 : content.length);
            return true;
        };
        assertSound(fetch());
    }

    @Test
    void keepsThePartAndSaysWhereItStopped() throws IOException {
        hub.fault = (exchange, file, content, attempt) -> {
            if (!file.equals(WEIGHTS)) {
                return false;
            }
            if (attempt > 1) {
                throw new IOException("cut");
            }
            exchange.sendResponseHeaders(200, content.length);
            exchange.getResponseBody().write(content, 0, 1_000_000);
            return true;
        };
        refused(Kind.TRUNCATED, WEIGHTS, "of 3000001", "resume");
        assertEquals(1, parts().size());
        hub.fault = (exchange, file, content, attempt) -> false;
        hub.log.clear();
        assertSound(fetch());
        assertTrue(hub.log.stream().anyMatch(l -> l.contains(WEIGHTS + " range=bytes=")), hub.log.toString());
    }

    @Test
    void refusesWrongBytes() throws IOException {
        hub.hashes.put(WEIGHTS, "0".repeat(64));
        refused(Kind.WRONG_HASH, WEIGHTS, "SHA-256", "0".repeat(64));
    }

    @Test
    void refusesSmallFilesWithWrongBytes() throws IOException {
        hub.fault = (exchange, file, content, attempt) -> {
            if (!file.equals("config.json")) {
                return false;
            }
            FakeHub.send(exchange, "{\"a\": 2}".getBytes(StandardCharsets.UTF_8));
            return true;
        };
        DownloadException e = assertThrows(DownloadException.class, this::fetch);
        assertEquals(Kind.WRONG_HASH, e.kind());
        assertTrue(e.getMessage().contains("config.json"), e.getMessage());
    }

    @Test
    void refusesMoreBytesThanPromised() throws IOException {
        hub.fault = (exchange, file, content, attempt) -> {
            if (!file.equals(WEIGHTS)) {
                return false;
            }
            byte[] longer = new byte[content.length + 10];
            FakeHub.send(exchange, longer);
            return true;
        };
        refused(Kind.WRONG_HASH, WEIGHTS, "3000001 bytes");
    }

    @Test
    void refusesPagesInPlaceOfFiles() throws IOException {
        hub.fault = (exchange, file, content, attempt) -> {
            if (!file.equals(WEIGHTS)) {
                return false;
            }
            exchange.getResponseHeaders().set("Content-Type", "text/html; charset=utf-8");
            FakeHub.send(exchange, "<html>please log in</html>".getBytes(StandardCharsets.UTF_8));
            return true;
        };
        refused(Kind.NOT_A_MODEL_FILE, WEIGHTS, "HTML");
    }

    @Test
    void namesEachRefusal() throws IOException {
        hub.fault = (exchange, file, content, attempt) -> file.isEmpty() && status(exchange, 401);
        refused(Kind.FORBIDDEN, "401", "acme/tiny-model", "HF_TOKEN");
        hub.fault = (exchange, file, content, attempt) -> file.equals(WEIGHTS) && status(exchange, 403);
        refused(Kind.FORBIDDEN, "403", "licence");
        hub.fault = (exchange, file, content, attempt) -> file.isEmpty() && status(exchange, 404);
        refused(Kind.NOT_FOUND, "404", "spelling");
        hub.fault = (exchange, file, content, attempt) -> {
            exchange.getResponseHeaders().set("X-Error-Code", "RevisionNotFound");
            return file.isEmpty() && status(exchange, 404);
        };
        refused(Kind.NOT_FOUND, "no revision main");
        hub.fault = (exchange, file, content, attempt) -> file.equals(WEIGHTS) && status(exchange, 418);
        refused(Kind.PROTOCOL, "418");
    }

    @Test
    void waitsForBusyServers() throws IOException {
        hub.fault = (exchange, file, content, attempt) -> {
            exchange.getResponseHeaders().set("Retry-After", "0");
            return attempt <= 2 && status(exchange, attempt == 1 ? 429 : 503);
        };
        assertSound(fetch());
    }

    @Test
    void givesUpOnServersThatStayBroken() throws IOException {
        hub.fault = (exchange, file, content, attempt) -> file.equals(WEIGHTS) && status(exchange, 500);
        refused(Kind.UNAVAILABLE, WEIGHTS, "500");
        hub.fault = (exchange, file, content, attempt) -> status(exchange, 502);
        refused(Kind.UNAVAILABLE, "502");
    }

    @Test
    void doesNotHangOnSilence() throws IOException {
        CountDownLatch end = new CountDownLatch(1);
        hub.fault = (exchange, file, content, attempt) -> {
            if (!file.equals(WEIGHTS) || attempt > 1) {
                return false;
            }
            exchange.sendResponseHeaders(200, content.length);
            exchange.getResponseBody().write(content, 0, 100_000);
            exchange.getResponseBody().flush();
            try {
                end.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return true;
        };
        try {
            assertSound(fetch());
        } finally {
            end.countDown();
        }
    }

    @Test
    void tokenStaysWithTheHub() throws IOException {
        try (FakeHub other = new FakeHub()) {
            other.files.putAll(hub.files);
            hub.fault = (exchange, file, content, attempt) -> {
                if (!file.equals(WEIGHTS)) {
                    return false;
                }
                exchange.getResponseHeaders().set("Location", other.uri() + exchange.getRequestURI().getPath());
                return status(exchange, 302);
            };
            assertSound(fetch());
            assertTrue(hub.log.stream().allMatch(l -> l.endsWith("auth=Bearer secret")), hub.log.toString());
            assertEquals(1, other.log.size());
            assertTrue(other.log.getFirst().endsWith("auth=null"), other.log.toString());
        }
    }

    @Test
    void refusesEndlessRedirects() throws IOException {
        hub.fault = (exchange, file, content, attempt) -> {
            exchange.getResponseHeaders().set("Location", exchange.getRequestURI().getPath());
            return file.equals(WEIGHTS) && status(exchange, 302);
        };
        refused(Kind.PROTOCOL, "redirects");
    }

    @Test
    void refusesListingsThatAreNone() throws IOException {
        hub.fault = (exchange, file, content, attempt) -> {
            if (file.isEmpty()) {
                FakeHub.send(exchange, "<html>".getBytes(StandardCharsets.UTF_8));
            }
            return file.isEmpty();
        };
        refused(Kind.PROTOCOL, "HF_ENDPOINT", "<html>");
    }

    @Test
    void refusesNamesThatLeaveTheFolder() throws IOException {
        hub.files.put("../evil", new byte[1]);
        refused(Kind.PROTOCOL, "listing");
    }

    @Test
    void offlineSaysWhatIsMissing() {
        DownloadException e = assertThrows(DownloadException.class, () -> fetch(MODEL, true));
        assertEquals(Kind.OFFLINE, e.kind());
        assertTrue(e.getMessage().contains("acme/tiny-model") && e.getMessage().contains("offline"), e.getMessage());
        assertEquals(List.of(), hub.log);
    }

    @Test
    void fallsBackToTheCacheWhenTheHubIsDown() throws IOException {
        Path snapshot = fetch();
        hub.fault = (exchange, file, content, attempt) -> status(exchange, 503);
        assertEquals(snapshot, fetch());
    }

    @Test
    void referencesAreChecked() {
        assertEquals(new HubReference("a/b", "main", null), HubReference.parse("hf://a/b"));
        assertEquals(new HubReference("a/b", "gptq-4bit", "x y.gguf"), HubReference.parse("a/b@gptq-4bit#x y.gguf"));
        for (String wrong : List.of("", "a", "hf://a", "a/b/c", "../b", "a/..", "a/b@../x", "http://a/b")) {
            assertThrows(IllegalArgumentException.class, () -> HubReference.parse(wrong), wrong);
        }
    }

    @Test
    void environmentIsThatOfTheHuggingFaceTools() {
        HubSettings settings = HubSettings.fromEnvironment(
                Map.of("HF_HOME", "/data/hf", "HF_ENDPOINT", "http://mirror/", "HF_TOKEN", " t ", "HF_HUB_OFFLINE", "1"));
        assertEquals(Path.of("/data/hf/hub"), settings.cache());
        assertEquals("http://mirror", settings.endpoint().toString());
        assertEquals("t", settings.token());
        assertTrue(settings.offline());
    }
}
