package org.djlquant.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import org.djlquant.quant.BlockScheme;

/**
 * Blocks of one scheme with the values the reference library decodes; written by {@code
 * reference/blocks.py}.
 *
 * @param count number of blocks
 * @param packed their bytes
 * @param decoded their values
 */
record GoldenBlocks(int count, MemorySegment packed, float[] decoded) {

    static GoldenBlocks of(BlockScheme scheme) {
        String name = "/golden/blocks/" + scheme.name() + ".bin";
        try (InputStream in = Objects.requireNonNull(GoldenBlocks.class.getResourceAsStream(name), name)) {
            ByteBuffer file = ByteBuffer.wrap(in.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
            int count = file.getInt();
            byte[] packed = new byte[count * scheme.blockBytes()];
            file.get(packed);
            float[] decoded = new float[count * scheme.blockLength()];
            file.asFloatBuffer().get(decoded);
            assertEquals(4 * decoded.length, file.remaining(), name + " has another size than the scheme says");
            return new GoldenBlocks(count, MemorySegment.ofArray(packed), decoded);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
