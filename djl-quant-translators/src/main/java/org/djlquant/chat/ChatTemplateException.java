package org.djlquant.chat;

import org.djlquant.chat.python.PythonError;

/**
 * A chat template that cannot be compiled or rendered. The message names the place in the template and
 * what happened, in the words of the reference implementation where it has some.
 */
public final class ChatTemplateException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What went wrong, by the class of error that Python's template engine raises for it. */
    public enum Kind {
        /** The source is not a template: wrong syntax, unknown tag, filter or test. */
        SYNTAX,
        /** The template called {@code raise_exception}; {@link #templateMessage()} is its argument. */
        RAISED,
        /** An operation on a value that is not defined. */
        UNDEFINED,
        /** An operation on values of the wrong type, or a call with the wrong arguments. */
        TYPE,
        /** A value that an operation does not accept. */
        VALUE,
        /** A division by zero or a number out of range. */
        ARITHMETIC,
        /** A missing key or index where that is an error. */
        LOOKUP,
        /** An attribute that templates may not use. */
        SECURITY,
        /** Another error while rendering, such as a filter that does not exist. */
        RUNTIME,
        /** A bound of {@link TemplateLimits} was passed. */
        LIMIT
    }

    private final Kind kind;
    private final String detail;
    private final int line;
    private final int column;

    /** What an error of the interpreter is to callers; its kinds are called the same there. */
    ChatTemplateException(PythonError error) {
        super(error.getMessage(), null, false, true);
        kind = Kind.valueOf(error.kind().name());
        detail = error.getMessage();
        line = error.line();
        column = error.column();
        setStackTrace(error.getStackTrace());
    }

    /** The class of error. */
    public Kind kind() {
        return kind;
    }

    /** Line of the template, from 1; 0 if the error has no place. */
    public int line() {
        return line;
    }

    /** Column of the line, from 1; 0 unless the error is one of syntax. */
    public int column() {
        return column;
    }

    /** What happened, without the place; for {@link Kind#RAISED} the template's own message. */
    public String templateMessage() {
        return detail;
    }

    @Override
    public String getMessage() {
        StringBuilder message = new StringBuilder("chat template");
        if (line > 0) {
            message.append(", line ").append(line);
        }
        if (column > 0) {
            message.append(", column ").append(column);
        }
        return message.append(kind == Kind.RAISED ? ": the template refuses the conversation: " : ": ")
                .append(detail).toString();
    }
}
