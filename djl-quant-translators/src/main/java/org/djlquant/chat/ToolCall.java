package org.djlquant.chat;

import java.util.Map;

/**
 * A function that a model asks to be called.
 *
 * @param id the model's own name for the call, or {@code null} if it gave none
 * @param name the function's
 * @param arguments argument values by name, in order: maps, lists, strings, {@code Long}, {@code BigInteger},
 *     {@code Double}, booleans and null
 */
public record ToolCall(String id, String name, Map<String, Object> arguments) {}
