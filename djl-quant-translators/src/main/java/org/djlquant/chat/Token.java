package org.djlquant.chat;

/**
 * A token of a template.
 *
 * @param value the text of names, operators and template data; the value ({@link Text}, Long, BigInteger,
 *     Double) of literals
 * @param offset where it begins in the normalised source
 */
record Token(Type type, Object value, int offset) {

    /** Kinds of tokens. */
    enum Type { DATA, VARIABLE_BEGIN, VARIABLE_END, BLOCK_BEGIN, BLOCK_END, NAME, STRING, INTEGER, FLOAT, OPERATOR, EOF }

    boolean is(Type wanted) {
        return type == wanted;
    }

    boolean isName(String name) {
        return type == Type.NAME && value.equals(name);
    }

    boolean isOperator(String operator) {
        return type == Type.OPERATOR && value.equals(operator);
    }

    /** The token in an error message. */
    String describe() {
        return switch (type) {
            case DATA -> "template data / text";
            case VARIABLE_BEGIN -> "begin of print statement";
            case VARIABLE_END -> "end of print statement";
            case BLOCK_BEGIN -> "begin of statement block";
            case BLOCK_END -> "end of statement block";
            case STRING -> "string";
            case INTEGER -> "integer";
            case FLOAT -> "float";
            case EOF -> "end of template";
            case NAME, OPERATOR -> value.toString();
        };
    }
}
