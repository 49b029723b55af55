package org.djlquant.kernel.vector;

import static jdk.incubator.vector.VectorOperators.ADD;
import static org.djlquant.kernel.vector.Lanes.F;
import static org.djlquant.kernel.vector.Lanes.L;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import org.djlquant.kernel.ActivationType;
import org.djlquant.kernel.Kernels;
import org.djlquant.kernel.LayerCache;
import org.djlquant.kernel.MatMul;
import org.djlquant.kernel.ScalarKernels;
import org.djlquant.quant.GroupForm;
import org.djlquant.quant.WeightMatrix;
import org.djlquant.runtime.Workers;

/**
 * Kernels on the Vector API, in the widest vectors the processor prefers. A scheme is known only by
 * its {@link GroupForm}; one without, or with groups that fit no chunk, runs through its decoder.
 */
public final class VectorKernels implements Kernels {
    private static final ScalarKernels SCALAR = new ScalarKernels();
    private static final float SQRT_2_OVER_PI = (float) Math.sqrt(2 / Math.PI);

    private final ActivationType activations;

    /**
     * Kernels that multiply activations as they are.
     *
     * @throws IllegalStateException if vectors are too narrow to be of use
     */
    public VectorKernels() {
        this(ActivationType.FLOAT32);
    }

    /**
     * Kernels that multiply activations of this type.
     *
     * @throws IllegalStateException if vectors are too narrow to be of use
     */
    public VectorKernels(ActivationType activations) {
        this.activations = activations;
        if (L < 4 || L > 16) {
            throw new IllegalStateException("vectors of " + L + " floats; kernels are written for 4, 8 and 16");
        }
    }

    @Override
    public String name() {
        return "vector-" + 32 * L + (activations == ActivationType.INT8 ? ", 8-bit activations" : "");
    }

    @Override
    public Kernels withActivations(ActivationType type) {
        return new VectorKernels(type);
    }

    @Override
    public MatMul pack(WeightMatrix weight, Arena arena, Workers workers) {
        TileLayout layout = tiles(weight);
        if (layout == null) {
            return new RowMatMul(weight);
        }
        return layout.halves
                ? ByteTileMatMul.pack(weight, layout, arena, workers)
                : TileMatMul.pack(weight, layout, arena, workers);
    }

    @Override
    public MatMul open(WeightMatrix weight, MemorySegment packed) {
        TileLayout layout = tiles(weight);
        if (layout == null) {
            return Kernels.super.open(weight, packed);
        }
        return layout.halves
                ? ByteTileMatMul.open(weight, layout, packed)
                : TileMatMul.open(weight, layout, packed);
    }

    @Override
    public String layout(WeightMatrix weight) {
        TileLayout layout = tiles(weight);
        return layout == null ? new RowMatMul(weight).layout() : layout.name();
    }

    private TileLayout tiles(WeightMatrix weight) {
        GroupForm form = weight.form();
        return form == null ? null : TileLayout.of(form, weight.rows(), weight.cols(), activations);
    }

    @Override
    public LayerCache newCache(LayerCache.Shape shape) {
        return new VectorLayerCache(shape);
    }

    @Override
    public void rmsNorm(float[] x, int xOffset, int n, float[] weight, float eps, float[] out, int outOffset) {
        FloatVector s0 = FloatVector.zero(F);
        FloatVector s1 = s0;
        int k = 0;
        for (; k + 2 * L <= n; k += 2 * L) {
            FloatVector a = FloatVector.fromArray(F, x, xOffset + k);
            FloatVector b = FloatVector.fromArray(F, x, xOffset + k + L);
            s0 = a.fma(a, s0);
            s1 = b.fma(b, s1);
        }
        float squares = s0.add(s1).reduceLanes(ADD);
        for (; k < n; k++) {
            squares += x[xOffset + k] * x[xOffset + k];
        }
        float factor = (float) (1 / Math.sqrt((double) squares / n + eps));
        for (k = 0; k < n; k++) {
            out[outOffset + k] = x[xOffset + k] * factor * weight[k];
        }
    }

    @Override
    public void add(float[] x, int xOffset, float[] y, int yOffset, int n) {
        for (int i = 0; i < n; i++) {
            x[xOffset + i] += y[yOffset + i]; // C2 vectorizes this loop by itself
        }
    }

    @Override
    public void siluMultiply(float[] gate, int gateOffset, float[] up, int upOffset, int n) {
        for (int k = 0; k < n; k += L) {
            VectorMask<Float> mask = F.indexInRange(k, n);
            FloatVector v = FloatVector.fromArray(F, gate, gateOffset + k, mask);
            FloatVector u = FloatVector.fromArray(F, up, upOffset + k, mask);
            FloatVector e = exp(v.neg());
            v.mul(u).div(e.add(1)).intoArray(gate, gateOffset + k, mask);
        }
    }

    /** gelu(v) = v / (1 + e^(−2u)) with u the argument of its tanh, since (1 + tanh u) / 2 = 1 / (1 + e^(−2u)). */
    @Override
    public void gelu(float[] x, int offset, int n) {
        for (int k = 0; k < n; k += L) {
            VectorMask<Float> mask = F.indexInRange(k, n);
            FloatVector v = FloatVector.fromArray(F, x, offset + k, mask);
            FloatVector cubic = v.mul(v).mul(-2 * SQRT_2_OVER_PI * 0.044715f).sub(2 * SQRT_2_OVER_PI);
            FloatVector e = exp(v.mul(cubic));
            v.div(e.add(1)).intoArray(x, offset + k, mask);
        }
    }

    @Override
    public void softCap(float[] x, int offset, int n, float cap) {
        for (int k = 0; k < n; k += L) {
            VectorMask<Float> mask = F.indexInRange(k, n);
            FloatVector v = FloatVector.fromArray(F, x, offset + k, mask);
            // tanh u = 1 − 2 / (e^2u + 1)
            FloatVector e = exp(v.mul(2 / cap)).add(1);
            FloatVector.broadcast(F, -2 * cap).div(e).add(cap).intoArray(x, offset + k, mask);
        }
    }

    /**
     * e^v to about 1 ulp: v = n·ln 2 + r with |r| ≤ ln 2 / 2, a polynomial for e^r, and n added to
     * the exponent. Below −87.3 the result is 0 and above 88.7 infinity. ln 2 is split in two parts
     * (Cody and Waite); the coefficients are those of Cephes' expf.
     */
    static FloatVector exp(FloatVector v) {
        FloatVector x = v.min(89f).max(-88f);
        // adding and taking away 1.5·2^23 rounds to the nearest integer
        FloatVector n = x.mul(1.44269504f).add(12582912f).sub(12582912f);
        FloatVector p = expWithoutPower(x, n);
        // 2^n in two factors, so that neither leaves the range of a float
        IntVector i = (IntVector) n.convert(VectorOperators.F2I, 0);
        IntVector half = i.lanewise(VectorOperators.ASHR, 1);
        FloatVector f0 = half.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
        FloatVector f1 = i.sub(half).add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
        return p.mul(f0).mul(f1).blend(0f, v.compare(VectorOperators.LT, -87.3f));
    }

    /**
     * The same for {@code v} ≤ 0, in half the instructions: 0 below −86, and NaN for NaN. The sum that rounds holds n in
     * its lowest bits, from where it is added to the exponent.
     */
    static FloatVector expOfNegative(FloatVector v) {
        FloatVector shifted = v.fma(FloatVector.broadcast(F, 1.44269504f), FloatVector.broadcast(F, 12582912f));
        FloatVector p = expWithoutPower(v, shifted.sub(12582912f));
        IntVector n = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
        return p.reinterpretAsInts().add(n).reinterpretAsFloats().blend(0f, v.compare(VectorOperators.LT, -86f));
    }

    /** e^(x − n·ln 2). */
    private static FloatVector expWithoutPower(FloatVector x, FloatVector n) {
        FloatVector r = n.fma(FloatVector.broadcast(F, -0.693359375f), x);
        r = n.fma(FloatVector.broadcast(F, 2.12194440e-4f), r);
        FloatVector p = FloatVector.broadcast(F, 1.9875691500e-4f);
        p = p.fma(r, FloatVector.broadcast(F, 1.3981999507e-3f));
        p = p.fma(r, FloatVector.broadcast(F, 8.3334519073e-3f));
        p = p.fma(r, FloatVector.broadcast(F, 4.1665795894e-2f));
        p = p.fma(r, FloatVector.broadcast(F, 1.6666665459e-1f));
        p = p.fma(r, FloatVector.broadcast(F, 5.0000001201e-1f));
        return p.fma(r.mul(r), r.add(1));
    }

    @Override
    public void rope(
            float[] x, int xOffset, int rotaryDim, boolean interleaved, float[] cos, float[] sin, int tableOffset) {
        int half = rotaryDim / 2;
        if (interleaved || half % L != 0) {
            SCALAR.rope(x, xOffset, rotaryDim, interleaved, cos, sin, tableOffset);
            return;
        }
        for (int i = 0; i < half; i += L) {
            FloatVector c = FloatVector.fromArray(F, cos, tableOffset + i);
            FloatVector s = FloatVector.fromArray(F, sin, tableOffset + i);
            FloatVector re = FloatVector.fromArray(F, x, xOffset + i);
            FloatVector im = FloatVector.fromArray(F, x, xOffset + half + i);
            re.mul(c).sub(im.mul(s)).intoArray(x, xOffset + i);
            im.mul(c).add(re.mul(s)).intoArray(x, xOffset + half + i);
        }
    }
}
