package org.djlquant.contract;

import org.djlquant.kernel.Kernels;
import org.djlquant.kernel.ScalarKernels;

class ScalarKernelsTest extends KernelsContract {
    @Override
    Kernels kernels() {
        return new ScalarKernels();
    }
}
