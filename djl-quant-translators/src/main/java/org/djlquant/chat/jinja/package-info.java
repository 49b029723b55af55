/**
 * The interpreter of Jinja templates: {@link org.djlquant.chat.jinja.Lexer} and
 * {@link org.djlquant.chat.jinja.Parser} make statements and expressions, which evaluate themselves within an
 * {@link org.djlquant.chat.jinja.Interpreter}. Internal to the chat templates.
 */
package org.djlquant.chat.jinja;
