package org.djlquant.quant;

/** The constants of a block scheme, so that its file is left with the layout and the formula. */
abstract class FixedBlock implements BlockScheme {
    private final String name;
    private final int length;
    private final int bytes;
    private final GroupForm form;

    /**
     * Names the constants.
     *
     * @param length elements in a block
     * @param bytes bytes of a block
     * @param form the integer form, or {@code null}
     */
    FixedBlock(String name, int length, int bytes, GroupForm form) {
        this.name = name;
        this.length = length;
        this.bytes = bytes;
        this.form = form;
    }

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final int blockLength() {
        return length;
    }

    @Override
    public final int blockBytes() {
        return bytes;
    }

    @Override
    public final GroupForm form() {
        return form;
    }

    @Override
    public final String toString() {
        return name;
    }
}
