package org.djlquant.chat.jinja;

/**
 * A token of a template.
 *
 * @param value the text of names, operators and template data; the value of literals
 * @param offset where it begins in the normalised source
 * @param line its line, from 1
 */
record Token(Type type, Object value, int offset, int line) {

    /** Kinds of tokens, as error messages call them. */
    enum Type {
        DATA("template data / text"), EOF("end of template"),
        VARIABLE_BEGIN("begin of print statement"), VARIABLE_END("end of print statement"),
        BLOCK_BEGIN("begin of statement block"), BLOCK_END("end of statement block"),
        NAME("name"), STRING("string"), INTEGER("integer"), FLOAT("float"), OPERATOR("operator");

        private final String described;

        Type(String described) {
            this.described = described;
        }

        @Override
        public String toString() {
            return described;
        }
    }

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
        return type == Type.NAME || type == Type.OPERATOR ? value.toString() : type.toString();
    }
}
