package org.djlquant.zoo.fetch;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A repository of the hub: {@code owner/name[@revision][#file]}.
 *
 * @param repository {@code owner/name}
 * @param revision branch, tag or commit; {@code main} if not given
 * @param file one file to use, or {@code null} for the whole model
 */
public record HubReference(String repository, String revision, String file) {
    private static final String NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,95}";
    private static final Pattern FORM =
            Pattern.compile("(?:hf://)?(" + NAME + "/" + NAME + ")(?:@([A-Za-z0-9._/-]+))?(?:#(.+))?");

    /**
     * Reads a reference, with or without {@code hf://}.
     *
     * @throws IllegalArgumentException if it has another form
     */
    public static HubReference parse(String text) {
        Matcher m = FORM.matcher(text);
        if (!m.matches() || m.group(2) != null && m.group(2).contains("..")) {
            throw new IllegalArgumentException(
                    "\"" + text + "\" is not a repository: expected hf://owner/name[@revision][#file]");
        }
        return new HubReference(m.group(1), m.group(2) == null ? "main" : m.group(2), m.group(3));
    }

    @Override
    public String toString() {
        return repository + "@" + revision + (file == null ? "" : "#" + file);
    }
}
