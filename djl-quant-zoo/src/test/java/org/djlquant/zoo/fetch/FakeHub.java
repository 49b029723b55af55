package org.djlquant.zoo.fetch;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** A local server that speaks the hub's two calls, and misbehaves on demand. */
final class FakeHub implements AutoCloseable {
    static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

    /** Decides on a request for a file; returns whether it has answered. */
    interface Fault {
        boolean answer(HttpExchange exchange, String file, byte[] content, int attempt) throws IOException;
    }

    final Map<String, byte[]> files = new ConcurrentHashMap<>();
    final List<String> log = new CopyOnWriteArrayList<>();
    final Map<String, String> hashes = new ConcurrentHashMap<>();
    volatile Fault fault = (exchange, file, content, attempt) -> false;
    private final Map<String, AtomicInteger> attempts = new ConcurrentHashMap<>();
    private final HttpServer server;

    FakeHub() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newCachedThreadPool(Thread.ofPlatform().daemon().factory()));
        server.createContext("/", exchange -> {
            try (exchange) {
                handle(exchange);
            }
        });
        server.start();
    }

    URI uri() {
        return URI.create("http://" + server.getAddress().getAddress().getHostAddress() + ":" + server.getAddress().getPort());
    }

    private void handle(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        log.add(path + " range=" + exchange.getRequestHeaders().getFirst("Range")
                + " auth=" + exchange.getRequestHeaders().getFirst("Authorization"));
        String file = path.startsWith("/api/") ? "" : path.substring(path.indexOf(COMMIT) + COMMIT.length() + 1);
        byte[] content = path.startsWith("/api/") ? listing().getBytes(StandardCharsets.UTF_8) : files.get(file);
        int attempt = attempts.computeIfAbsent(file, f -> new AtomicInteger()).incrementAndGet();
        if (fault.answer(exchange, file, content, attempt)) {
            return;
        }
        if (content == null) {
            exchange.getResponseHeaders().set("X-Error-Code", "EntryNotFound");
            exchange.sendResponseHeaders(404, -1);
            return;
        }
        send(exchange, content);
    }

    /** The right answer to a request, ranges included. */
    static void send(HttpExchange exchange, byte[] content) throws IOException {
        String range = exchange.getRequestHeaders().getFirst("Range");
        int from = range == null ? 0 : Integer.parseInt(range.replaceAll("bytes=(\\d+)-", "$1"));
        if (from > 0) {
            exchange.getResponseHeaders().set("Content-Range", "bytes " + from + "-" + (content.length - 1) + "/" + content.length);
        }
        exchange.sendResponseHeaders(from > 0 ? 206 : 200, content.length - from);
        exchange.getResponseBody().write(content, from, content.length - from);
    }

    private String listing() {
        StringBuilder json = new StringBuilder("{\"sha\":\"" + COMMIT + "\",\"siblings\":[");
        files.forEach((name, content) -> {
            json.append(json.charAt(json.length() - 1) == '[' ? "" : ",");
            json.append(String.format("{\"rfilename\":\"%s\",\"size\":%d,\"blobId\":\"%s\"", name, content.length, gitId(content)));
            if (name.endsWith(".safetensors") || name.endsWith(".gguf")) {
                json.append(",\"lfs\":{\"sha256\":\"" + hashes.getOrDefault(name, hash("SHA-256", content)) + "\"}");
            }
            json.append('}');
        });
        return json.append("]}").toString();
    }

    private static String gitId(byte[] content) {
        byte[] head = ("blob " + content.length + "\0").getBytes(StandardCharsets.US_ASCII);
        byte[] all = new byte[head.length + content.length];
        System.arraycopy(head, 0, all, 0, head.length);
        System.arraycopy(content, 0, all, head.length, content.length);
        return hash("SHA-1", all);
    }

    private static String hash(String algorithm, byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
