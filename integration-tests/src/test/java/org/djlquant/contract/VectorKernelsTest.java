package org.djlquant.contract;

import org.djlquant.kernel.Kernels;
import org.djlquant.kernel.vector.VectorKernels;
import org.junit.jupiter.api.Tag;

@Tag("vector")
class VectorKernelsTest extends KernelsContract {
    @Override
    Kernels kernels() {
        return new VectorKernels();
    }
}
