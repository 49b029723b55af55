package org.djlquant.zoo.fetch;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * Where models come from and where they are kept. The environment variables are those of the Hugging Face tools, so
 * that their cache is shared.
 *
 * @param endpoint address of the hub
 * @param token access token, or {@code null}
 * @param cache the folder of repositories ({@code models--owner--name} below it)
 * @param offline whether the network must not be used
 * @param retries how often a broken request is tried again
 * @param backoff pause before the first retry; doubles each time
 * @param idleTimeout how long a connection may send nothing
 */
public record HubSettings(
        URI endpoint, String token, Path cache, boolean offline, int retries, Duration backoff, Duration idleTimeout) {

    /**
     * Reads {@code HF_ENDPOINT}, {@code HF_TOKEN}, {@code HF_HUB_CACHE}, {@code HF_HOME}, {@code HF_HUB_OFFLINE} and
     * DJL's {@code DJL_OFFLINE}.
     */
    public static HubSettings fromEnvironment(Map<String, String> env) {
        String home = env.getOrDefault("HF_HOME", Path.of(System.getProperty("user.home"), ".cache", "huggingface").toString());
        String cache = env.getOrDefault("HF_HUB_CACHE", Path.of(home, "hub").toString());
        String endpoint = env.getOrDefault("HF_ENDPOINT", "https://huggingface.co");
        String token = env.get("HF_TOKEN");
        return new HubSettings(
                URI.create(endpoint.endsWith("/") ? endpoint.substring(0, endpoint.length() - 1) : endpoint),
                token == null || token.isBlank() ? null : token.strip(),
                Path.of(cache),
                isTrue(env.get("HF_HUB_OFFLINE")) || isTrue(env.get("DJL_OFFLINE")),
                5,
                Duration.ofSeconds(1),
                Duration.ofSeconds(30));
    }

    private static boolean isTrue(String value) {
        return value != null && (value.equals("1") || value.equalsIgnoreCase("true") || value.equalsIgnoreCase("yes"));
    }
}
