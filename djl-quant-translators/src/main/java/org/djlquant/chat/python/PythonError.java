package org.djlquant.chat.python;

/** An error as Python or Jinja raises it: its class, its words, and the place in the template once that is known. */
public final class PythonError extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** The classes of errors that templates can tell apart. */
    public enum Kind { SYNTAX, RAISED, UNDEFINED, TYPE, VALUE, ARITHMETIC, LOOKUP, SECURITY, RUNTIME, LIMIT }

    private final Kind kind;
    private final int line;
    private final int column;

    /** An error at a place; line and column count from 1, and 0 is no place. */
    public PythonError(Kind kind, String message, int line, int column) {
        super(message, null, false, true);
        this.kind = kind;
        this.line = line;
        this.column = column;
    }

    /** A TypeError. */
    public static PythonError type(String message) {
        return new PythonError(Kind.TYPE, message, 0, 0);
    }

    /** A ValueError. */
    public static PythonError value(String message) {
        return new PythonError(Kind.VALUE, message, 0, 0);
    }

    /** A ZeroDivisionError or OverflowError. */
    public static PythonError arithmetic(String message) {
        return new PythonError(Kind.ARITHMETIC, message, 0, 0);
    }

    /** A KeyError or IndexError. */
    public static PythonError lookup(String message) {
        return new PythonError(Kind.LOOKUP, message, 0, 0);
    }

    /** Jinja's TemplateRuntimeError. */
    public static PythonError runtime(String message) {
        return new PythonError(Kind.RUNTIME, message, 0, 0);
    }

    /** A bound on the costs of a rendering was passed. */
    public static PythonError limit(String what) {
        return new PythonError(Kind.LIMIT, "rendering was stopped: " + what, 0, 0);
    }

    /** This error with its line, if it had none yet. */
    public PythonError at(int templateLine) {
        if (line > 0 || templateLine <= 0) {
            return this;
        }
        PythonError located = new PythonError(kind, getMessage(), templateLine, 0);
        located.setStackTrace(getStackTrace());
        return located;
    }

    /** Whether Python's {@code except (TypeError, ValueError)} would catch it. */
    public boolean isTypeOrValue() {
        return kind == Kind.TYPE || kind == Kind.VALUE;
    }

    /** The class of error. */
    public Kind kind() {
        return kind;
    }

    /** Line of the template, or 0. */
    public int line() {
        return line;
    }

    /** Column of the line, or 0. */
    public int column() {
        return column;
    }
}
