package org.djlquant.contract;

import org.djlquant.kernel.Kernels;
import org.djlquant.kernel.ScalarKernels;

class ScalarByteActivationsTest extends ByteActivationsContract {
    @Override
    Kernels floatKernels() {
        return new ScalarKernels();
    }
}
