package org.djlquant.contract;

import org.djlquant.kernel.Kernels;
import org.djlquant.kernel.vector.VectorKernels;
import org.junit.jupiter.api.Tag;

@Tag("vector")
class VectorByteActivationsTest extends ByteActivationsContract {
    @Override
    Kernels floatKernels() {
        return new VectorKernels();
    }
}
