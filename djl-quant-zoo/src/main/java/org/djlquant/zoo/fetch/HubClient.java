package org.djlquant.zoo.fetch;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.djlquant.zoo.fetch.DownloadException.Kind;

/**
 * The two calls of the hub that matter: what is in a revision, and the bytes of a file. Thread-safe. Redirects are
 * followed here so that the access token never reaches another host.
 */
final class HubClient implements AutoCloseable {
    private static final int MAX_REDIRECTS = 8;
    private static final int MAX_LISTING_BYTES = 64 << 20;
    private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

    private final HubSettings settings;
    private final HttpClient http = HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(Duration.ofSeconds(20))
            .build();

    HubClient(HubSettings settings) {
        this.settings = settings;
    }

    /** Lists a revision with sizes and hashes. */
    HubSnapshot list(HubReference reference) throws InterruptedException {
        URI uri = URI.create(settings.endpoint() + "/api/models/" + reference.repository() + "/revision/"
                + encode(reference.revision()) + "?blobs=true");
        return Retry.run(settings, "listing " + reference, () -> {
            HttpResponse<InputStream> response = get(uri, Map.of());
            try (InputStream body = response.body()) {
                requireOk(response, reference, null);
                byte[] bytes = body.readNBytes(MAX_LISTING_BYTES + 1);
                if (bytes.length > MAX_LISTING_BYTES) {
                    throw new DownloadException(Kind.PROTOCOL, "the listing of " + reference + " has more than 64 MB");
                }
                return parse(reference, new String(bytes, StandardCharsets.UTF_8));
            }
        });
    }

    /**
     * Opens a file from byte {@code from} on. The answer is 206, or 200 if the server ignores ranges.
     *
     * @throws DownloadException for answers that a retry cannot mend
     * @throws IOException for those that it may
     */
    HttpResponse<InputStream> open(HubReference reference, String commit, String file, long from)
            throws IOException, InterruptedException {
        URI uri = URI.create(settings.endpoint() + "/" + reference.repository() + "/resolve/" + commit + "/" + encodePath(file));
        HttpResponse<InputStream> response = get(uri, from > 0 ? Map.of("Range", "bytes=" + from + "-") : Map.of());
        try {
            if (response.statusCode() != 206) {
                requireOk(response, reference, file);
            }
            String type = response.headers().firstValue("Content-Type").orElse("");
            if (type.startsWith("text/html") && !file.endsWith(".html")) {
                throw new DownloadException(
                        Kind.NOT_A_MODEL_FILE,
                        file + " of " + reference + ": the server sent an HTML page instead of the file; a proxy or log-in page"
                                + " is in between, or HF_ENDPOINT is wrong (" + response.uri().getHost() + ")");
            }
            return response;
        } catch (IOException | RuntimeException e) {
            response.body().close();
            throw e;
        }
    }

    /** One GET with redirects; the token goes to the hub only. */
    private HttpResponse<InputStream> get(URI uri, Map<String, String> headers) throws IOException, InterruptedException {
        URI target = uri;
        for (int hop = 0; hop <= MAX_REDIRECTS; hop++) {
            HttpRequest.Builder request = HttpRequest.newBuilder(target).timeout(settings.idleTimeout()).header("User-Agent", "djl-quant");
            headers.forEach(request::header);
            if (settings.token() != null && sameOrigin(target, settings.endpoint())) {
                request.header("Authorization", "Bearer " + settings.token());
            }
            HttpResponse<InputStream> response = http.send(request.GET().build(), HttpResponse.BodyHandlers.ofInputStream());
            int status = response.statusCode();
            if (status != 301 && status != 302 && status != 303 && status != 307 && status != 308) {
                return response;
            }
            response.body().close();
            String location = response.headers().firstValue("Location").orElse(null);
            if (location == null) {
                throw new DownloadException(Kind.PROTOCOL, target + ": redirect " + status + " without a location");
            }
            URI next = target.resolve(location);
            if (next.getHost() == null || !List.of("http", "https").contains(next.getScheme())
                    || target.getScheme().equals("https") && next.getScheme().equals("http")) {
                throw new DownloadException(Kind.PROTOCOL, target + ": refuses the redirect to " + next);
            }
            target = next;
        }
        throw new DownloadException(Kind.PROTOCOL, uri + ": more than " + MAX_REDIRECTS + " redirects");
    }

    private static boolean sameOrigin(URI a, URI b) {
        return a.getScheme().equals(b.getScheme()) && a.getHost().equalsIgnoreCase(b.getHost()) && a.getPort() == b.getPort();
    }

    private void requireOk(HttpResponse<?> response, HubReference reference, String file) throws IOException {
        int status = response.statusCode();
        if (status == 200) {
            return;
        }
        String what = file == null ? reference.toString() : file + " of " + reference;
        String code = response.headers().firstValue("X-Error-Code").orElse("");
        String token = settings.token() == null ? "set HF_TOKEN to a token that may read it" : "the token in HF_TOKEN may not read it";
        switch (status) {
            case 401 -> throw new DownloadException(
                    Kind.FORBIDDEN,
                    what + ": the hub asks for a log-in (401): the repository is private, gated or does not exist; " + token);
            case 403 -> throw new DownloadException(
                    Kind.FORBIDDEN,
                    what + ": access is refused (403): accept the licence on the page of " + reference.repository() + ", then " + token);
            case 404 -> throw new DownloadException(Kind.NOT_FOUND, what + ": not found (404): " + switch (code) {
                case "RevisionNotFound" -> "the repository has no revision " + reference.revision();
                case "EntryNotFound" -> "the revision has no such file";
                default -> "check the spelling of the repository, the revision and the file";
            });
            case 416 -> throw new IOException("range not satisfiable");
            default -> {
                if (status == 429 || status >= 500) {
                    throw new Retry.Later(
                            what + ": the server answered " + status,
                            response.headers().firstValue("Retry-After").orElse(null));
                }
                throw new DownloadException(Kind.PROTOCOL, what + ": unexpected answer " + status);
            }
        }
    }

    private static HubSnapshot parse(HubReference reference, String text) {
        try {
            JsonObject root = JsonParser.parseString(text).getAsJsonObject();
            String commit = root.get("sha").getAsString();
            if (!COMMIT.matcher(commit).matches()) {
                throw new JsonParseException("sha is " + commit);
            }
            JsonArray siblings = root.getAsJsonArray("siblings");
            List<HubFile> files = new ArrayList<>();
            for (JsonElement e : siblings) {
                files.add(file(e.getAsJsonObject()));
            }
            return new HubSnapshot(commit, files);
        } catch (JsonParseException | IllegalStateException | NullPointerException | ClassCastException
                | UnsupportedOperationException | NumberFormatException e) {
            String start = text.strip();
            throw new DownloadException(
                    Kind.PROTOCOL,
                    "the listing of " + reference + " is not what the hub sends (is HF_ENDPOINT right?); it begins with \""
                            + start.substring(0, Math.min(60, start.length())).replaceAll("\\s+", " ") + "\"",
                    e);
        }
    }

    private static HubFile file(JsonObject o) {
        String name = o.get("rfilename").getAsString();
        if (name.startsWith("/") || List.of(name.split("/")).contains("..") || name.contains("\\")) {
            throw new JsonParseException("file name " + name + " leaves the repository");
        }
        JsonObject lfs = o.has("lfs") && o.get("lfs").isJsonObject() ? o.getAsJsonObject("lfs") : null;
        String sha256 = lfs != null && lfs.has("sha256") ? lfs.get("sha256").getAsString() : null;
        if (sha256 != null && !SHA256.matcher(sha256).matches()) {
            throw new JsonParseException("sha256 of " + name + " is " + sha256);
        }
        String blobId = o.get("blobId").getAsString();
        if (!COMMIT.matcher(blobId).matches()) {
            throw new JsonParseException("blobId of " + name + " is " + blobId);
        }
        return new HubFile(name, o.get("size").getAsLong(), blobId, sha256);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static String encodePath(String path) {
        return String.join("/", List.of(path.split("/")).stream().map(HubClient::encode).toList());
    }

    @Override
    public void close() {
        http.shutdownNow();
        http.close();
    }
}
