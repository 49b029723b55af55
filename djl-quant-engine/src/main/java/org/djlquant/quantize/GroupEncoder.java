package org.djlquant.quantize;

import org.djlquant.quant.GroupedRow;

/** Chooses codes and scales for one block of a scheme. Implementations are stateless. */
@FunctionalInterface
interface GroupEncoder {
    /**
     * Encodes a block. Scales are left in float32; writing the block rounds them.
     *
     * @param x values, the block's begin at {@code at}
     * @param into receives codes and scales of block {@code block}
     */
    void encode(float[] x, int at, GroupedRow into, int block);
}
