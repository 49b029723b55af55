package org.djlquant.chat;

/**
 * A stretch of a rendered template and where its characters came from. The spans of one rendering,
 * concatenated, are the rendered text.
 *
 * @param text the characters, never empty
 * @param fromUser true if they came from message contents, tool definitions or documents, so that
 *     nothing in them may be read as a special token; false if the template itself (or a variable such
 *     as {@code bos_token}) wrote them
 */
public record RenderedSpan(String text, boolean fromUser) {}
