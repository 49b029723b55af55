package org.djlquant.zoo.fetch;

import java.io.IOException;
import java.time.Duration;
import org.djlquant.zoo.fetch.DownloadException.Kind;

/** Repeats what a busy or broken connection interrupted, each time after a longer pause. */
final class Retry {
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(60);

    private Retry() {}

    /** The server asked to come back later (429, 5xx). */
    static final class Later extends IOException {
        private static final long serialVersionUID = 1L;
        private final String retryAfter;

        Later(String message, String retryAfter) {
            super(message);
            this.retryAfter = retryAfter;
        }

        /** Seconds the server asked for, if it did so in seconds. */
        private Duration pause(Duration otherwise) {
            try {
                return retryAfter == null ? otherwise : Duration.ofSeconds(Long.parseLong(retryAfter.strip()));
            } catch (NumberFormatException e) {
                return otherwise; // a date; the hub sends seconds
            }
        }
    }

    /** Something that can be tried again. */
    interface Attempt<T> {
        T run() throws IOException, InterruptedException;
    }

    /**
     * Runs until it works.
     *
     * @throws DownloadException at once if the attempt throws one, or {@link Kind#UNAVAILABLE} after the last retry
     */
    static <T> T run(HubSettings settings, String what, Attempt<T> attempt) throws InterruptedException {
        for (int i = 0; ; i++) {
            try {
                return attempt.run();
            } catch (IOException e) {
                if (i >= settings.retries()) {
                    throw new DownloadException(
                            Kind.UNAVAILABLE,
                            what + " failed " + (i + 1) + " times, last: " + describe(e) + "; try again later",
                            e);
                }
                pause(settings, i, e);
            }
        }
    }

    /** Waits before attempt {@code i + 1}. */
    static void pause(HubSettings settings, int i, IOException cause) throws InterruptedException {
        Duration pause = settings.backoff().multipliedBy(1L << Math.min(i, 10));
        if (cause instanceof Later later) {
            pause = later.pause(pause);
        }
        Thread.sleep(pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause);
    }

    static String describe(IOException e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }
}
