package org.djlquant.format;

import java.nio.file.Path;
import java.util.Arrays;

/**
 * Where and how a tensor is stored.
 *
 * @param name full name in the checkpoint
 * @param type stored type, e.g. {@code Q4_K} or {@code BF16}
 * @param shape outermost dimension first, so a weight is [out, in] in every container
 * @param file the file that holds it
 * @param offset first byte in that file
 * @param byteSize number of bytes
 */
public record TensorInfo(String name, String type, long[] shape, Path file, long offset, long byteSize) {

    /** Number of elements. */
    public long elements() {
        return Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    }
}
