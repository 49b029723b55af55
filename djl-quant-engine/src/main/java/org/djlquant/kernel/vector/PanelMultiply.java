package org.djlquant.kernel.vector;

import static org.djlquant.kernel.vector.Lanes.F;
import static org.djlquant.kernel.vector.Lanes.L;

import jdk.incubator.vector.FloatVector;

/**
 * Register-blocked products of a float panel of two tiles with a block of 2 to 12 tokens: {@code
 * c[t, 0 … 2L) += Σ_k x[k, t] · panel[k, 0 … 2L)}. The sums of a block stay in registers over all k;
 * each size is written out because C2 keeps vectors in registers only as separate locals.
 */
final class PanelMultiply {
    /** Largest block: 24 sums, two panel vectors and a broadcast fit 32 registers, 12 sums fit 16. */
    static final int MAX_BLOCK = L == 16 ? 12 : 4;

    private PanelMultiply() {}

    /** The block size to take when {@code tokens} are left; a larger one is filled up with zeros. */
    static int block(int tokens) {
        if (tokens > 8) {
            return MAX_BLOCK;
        }
        return Math.min(MAX_BLOCK, tokens > 6 ? 8 : tokens > 4 ? 6 : tokens > 2 ? 4 : 2);
    }

    /**
     * Multiplies one block.
     *
     * @param size tokens of the block, a value of {@link #block}
     * @param panel decoded weights, 2L for each of {@code n} columns, from {@code panelAt} on
     * @param x activations, {@code size} for each column, from {@code xAt} on
     * @param c sums, 2L for each token, from {@code cAt} on
     */
    static void multiply(int size, float[] panel, int panelAt, float[] x, int xAt, int n, float[] c, int cAt) {
        switch (size) {
            case 12 -> multiply12(panel, panelAt, x, xAt, n, c, cAt);
            case 8 -> multiply8(panel, panelAt, x, xAt, n, c, cAt);
            case 6 -> multiply6(panel, panelAt, x, xAt, n, c, cAt);
            case 4 -> multiply4(panel, panelAt, x, xAt, n, c, cAt);
            default -> multiply2(panel, panelAt, x, xAt, n, c, cAt);
        }
    }

    private static void multiply12(float[] panel, int p, float[] x, int xAt, int n, float[] c, int cAt) {
        FloatVector a0 = FloatVector.fromArray(F, c, cAt);
        FloatVector b0 = FloatVector.fromArray(F, c, cAt + L);
        FloatVector a1 = FloatVector.fromArray(F, c, cAt + 2 * L);
        FloatVector b1 = FloatVector.fromArray(F, c, cAt + 3 * L);
        FloatVector a2 = FloatVector.fromArray(F, c, cAt + 4 * L);
        FloatVector b2 = FloatVector.fromArray(F, c, cAt + 5 * L);
        FloatVector a3 = FloatVector.fromArray(F, c, cAt + 6 * L);
        FloatVector b3 = FloatVector.fromArray(F, c, cAt + 7 * L);
        FloatVector a4 = FloatVector.fromArray(F, c, cAt + 8 * L);
        FloatVector b4 = FloatVector.fromArray(F, c, cAt + 9 * L);
        FloatVector a5 = FloatVector.fromArray(F, c, cAt + 10 * L);
        FloatVector b5 = FloatVector.fromArray(F, c, cAt + 11 * L);
        FloatVector a6 = FloatVector.fromArray(F, c, cAt + 12 * L);
        FloatVector b6 = FloatVector.fromArray(F, c, cAt + 13 * L);
        FloatVector a7 = FloatVector.fromArray(F, c, cAt + 14 * L);
        FloatVector b7 = FloatVector.fromArray(F, c, cAt + 15 * L);
        FloatVector a8 = FloatVector.fromArray(F, c, cAt + 16 * L);
        FloatVector b8 = FloatVector.fromArray(F, c, cAt + 17 * L);
        FloatVector a9 = FloatVector.fromArray(F, c, cAt + 18 * L);
        FloatVector b9 = FloatVector.fromArray(F, c, cAt + 19 * L);
        FloatVector a10 = FloatVector.fromArray(F, c, cAt + 20 * L);
        FloatVector b10 = FloatVector.fromArray(F, c, cAt + 21 * L);
        FloatVector a11 = FloatVector.fromArray(F, c, cAt + 22 * L);
        FloatVector b11 = FloatVector.fromArray(F, c, cAt + 23 * L);
        for (int k = 0; k < n; k++, p += 2 * L, xAt += 12) {
            FloatVector wa = FloatVector.fromArray(F, panel, p);
            FloatVector wb = FloatVector.fromArray(F, panel, p + L);
            FloatVector v = FloatVector.broadcast(F, x[xAt]);
            a0 = wa.fma(v, a0);
            b0 = wb.fma(v, b0);
            v = FloatVector.broadcast(F, x[xAt + 1]);
            a1 = wa.fma(v, a1);
            b1 = wb.fma(v, b1);
            v = FloatVector.broadcast(F, x[xAt + 2]);
            a2 = wa.fma(v, a2);
            b2 = wb.fma(v, b2);
            v = FloatVector.broadcast(F, x[xAt + 3]);
            a3 = wa.fma(v, a3);
            b3 = wb.fma(v, b3);
            v = FloatVector.broadcast(F, x[xAt + 4]);
            a4 = wa.fma(v, a4);
            b4 = wb.fma(v, b4);
            v = FloatVector.broadcast(F, x[xAt + 5]);
            a5 = wa.fma(v, a5);
            b5 = wb.fma(v, b5);
            v = FloatVector.broadcast(F, x[xAt + 6]);
            a6 = wa.fma(v, a6);
            b6 = wb.fma(v, b6);
            v = FloatVector.broadcast(F, x[xAt + 7]);
            a7 = wa.fma(v, a7);
            b7 = wb.fma(v, b7);
            v = FloatVector.broadcast(F, x[xAt + 8]);
            a8 = wa.fma(v, a8);
            b8 = wb.fma(v, b8);
            v = FloatVector.broadcast(F, x[xAt + 9]);
            a9 = wa.fma(v, a9);
            b9 = wb.fma(v, b9);
            v = FloatVector.broadcast(F, x[xAt + 10]);
            a10 = wa.fma(v, a10);
            b10 = wb.fma(v, b10);
            v = FloatVector.broadcast(F, x[xAt + 11]);
            a11 = wa.fma(v, a11);
            b11 = wb.fma(v, b11);
        }
        a0.intoArray(c, cAt);
        b0.intoArray(c, cAt + L);
        a1.intoArray(c, cAt + 2 * L);
        b1.intoArray(c, cAt + 3 * L);
        a2.intoArray(c, cAt + 4 * L);
        b2.intoArray(c, cAt + 5 * L);
        a3.intoArray(c, cAt + 6 * L);
        b3.intoArray(c, cAt + 7 * L);
        a4.intoArray(c, cAt + 8 * L);
        b4.intoArray(c, cAt + 9 * L);
        a5.intoArray(c, cAt + 10 * L);
        b5.intoArray(c, cAt + 11 * L);
        a6.intoArray(c, cAt + 12 * L);
        b6.intoArray(c, cAt + 13 * L);
        a7.intoArray(c, cAt + 14 * L);
        b7.intoArray(c, cAt + 15 * L);
        a8.intoArray(c, cAt + 16 * L);
        b8.intoArray(c, cAt + 17 * L);
        a9.intoArray(c, cAt + 18 * L);
        b9.intoArray(c, cAt + 19 * L);
        a10.intoArray(c, cAt + 20 * L);
        b10.intoArray(c, cAt + 21 * L);
        a11.intoArray(c, cAt + 22 * L);
        b11.intoArray(c, cAt + 23 * L);
    }

    private static void multiply8(float[] panel, int p, float[] x, int xAt, int n, float[] c, int cAt) {
        FloatVector a0 = FloatVector.fromArray(F, c, cAt);
        FloatVector b0 = FloatVector.fromArray(F, c, cAt + L);
        FloatVector a1 = FloatVector.fromArray(F, c, cAt + 2 * L);
        FloatVector b1 = FloatVector.fromArray(F, c, cAt + 3 * L);
        FloatVector a2 = FloatVector.fromArray(F, c, cAt + 4 * L);
        FloatVector b2 = FloatVector.fromArray(F, c, cAt + 5 * L);
        FloatVector a3 = FloatVector.fromArray(F, c, cAt + 6 * L);
        FloatVector b3 = FloatVector.fromArray(F, c, cAt + 7 * L);
        FloatVector a4 = FloatVector.fromArray(F, c, cAt + 8 * L);
        FloatVector b4 = FloatVector.fromArray(F, c, cAt + 9 * L);
        FloatVector a5 = FloatVector.fromArray(F, c, cAt + 10 * L);
        FloatVector b5 = FloatVector.fromArray(F, c, cAt + 11 * L);
        FloatVector a6 = FloatVector.fromArray(F, c, cAt + 12 * L);
        FloatVector b6 = FloatVector.fromArray(F, c, cAt + 13 * L);
        FloatVector a7 = FloatVector.fromArray(F, c, cAt + 14 * L);
        FloatVector b7 = FloatVector.fromArray(F, c, cAt + 15 * L);
        for (int k = 0; k < n; k++, p += 2 * L, xAt += 8) {
            FloatVector wa = FloatVector.fromArray(F, panel, p);
            FloatVector wb = FloatVector.fromArray(F, panel, p + L);
            FloatVector v = FloatVector.broadcast(F, x[xAt]);
            a0 = wa.fma(v, a0);
            b0 = wb.fma(v, b0);
            v = FloatVector.broadcast(F, x[xAt + 1]);
            a1 = wa.fma(v, a1);
            b1 = wb.fma(v, b1);
            v = FloatVector.broadcast(F, x[xAt + 2]);
            a2 = wa.fma(v, a2);
            b2 = wb.fma(v, b2);
            v = FloatVector.broadcast(F, x[xAt + 3]);
            a3 = wa.fma(v, a3);
            b3 = wb.fma(v, b3);
            v = FloatVector.broadcast(F, x[xAt + 4]);
            a4 = wa.fma(v, a4);
            b4 = wb.fma(v, b4);
            v = FloatVector.broadcast(F, x[xAt + 5]);
            a5 = wa.fma(v, a5);
            b5 = wb.fma(v, b5);
            v = FloatVector.broadcast(F, x[xAt + 6]);
            a6 = wa.fma(v, a6);
            b6 = wb.fma(v, b6);
            v = FloatVector.broadcast(F, x[xAt + 7]);
            a7 = wa.fma(v, a7);
            b7 = wb.fma(v, b7);
        }
        a0.intoArray(c, cAt);
        b0.intoArray(c, cAt + L);
        a1.intoArray(c, cAt + 2 * L);
        b1.intoArray(c, cAt + 3 * L);
        a2.intoArray(c, cAt + 4 * L);
        b2.intoArray(c, cAt + 5 * L);
        a3.intoArray(c, cAt + 6 * L);
        b3.intoArray(c, cAt + 7 * L);
        a4.intoArray(c, cAt + 8 * L);
        b4.intoArray(c, cAt + 9 * L);
        a5.intoArray(c, cAt + 10 * L);
        b5.intoArray(c, cAt + 11 * L);
        a6.intoArray(c, cAt + 12 * L);
        b6.intoArray(c, cAt + 13 * L);
        a7.intoArray(c, cAt + 14 * L);
        b7.intoArray(c, cAt + 15 * L);
    }

    private static void multiply6(float[] panel, int p, float[] x, int xAt, int n, float[] c, int cAt) {
        FloatVector a0 = FloatVector.fromArray(F, c, cAt);
        FloatVector b0 = FloatVector.fromArray(F, c, cAt + L);
        FloatVector a1 = FloatVector.fromArray(F, c, cAt + 2 * L);
        FloatVector b1 = FloatVector.fromArray(F, c, cAt + 3 * L);
        FloatVector a2 = FloatVector.fromArray(F, c, cAt + 4 * L);
        FloatVector b2 = FloatVector.fromArray(F, c, cAt + 5 * L);
        FloatVector a3 = FloatVector.fromArray(F, c, cAt + 6 * L);
        FloatVector b3 = FloatVector.fromArray(F, c, cAt + 7 * L);
        FloatVector a4 = FloatVector.fromArray(F, c, cAt + 8 * L);
        FloatVector b4 = FloatVector.fromArray(F, c, cAt + 9 * L);
        FloatVector a5 = FloatVector.fromArray(F, c, cAt + 10 * L);
        FloatVector b5 = FloatVector.fromArray(F, c, cAt + 11 * L);
        for (int k = 0; k < n; k++, p += 2 * L, xAt += 6) {
            FloatVector wa = FloatVector.fromArray(F, panel, p);
            FloatVector wb = FloatVector.fromArray(F, panel, p + L);
            FloatVector v = FloatVector.broadcast(F, x[xAt]);
            a0 = wa.fma(v, a0);
            b0 = wb.fma(v, b0);
            v = FloatVector.broadcast(F, x[xAt + 1]);
            a1 = wa.fma(v, a1);
            b1 = wb.fma(v, b1);
            v = FloatVector.broadcast(F, x[xAt + 2]);
            a2 = wa.fma(v, a2);
            b2 = wb.fma(v, b2);
            v = FloatVector.broadcast(F, x[xAt + 3]);
            a3 = wa.fma(v, a3);
            b3 = wb.fma(v, b3);
            v = FloatVector.broadcast(F, x[xAt + 4]);
            a4 = wa.fma(v, a4);
            b4 = wb.fma(v, b4);
            v = FloatVector.broadcast(F, x[xAt + 5]);
            a5 = wa.fma(v, a5);
            b5 = wb.fma(v, b5);
        }
        a0.intoArray(c, cAt);
        b0.intoArray(c, cAt + L);
        a1.intoArray(c, cAt + 2 * L);
        b1.intoArray(c, cAt + 3 * L);
        a2.intoArray(c, cAt + 4 * L);
        b2.intoArray(c, cAt + 5 * L);
        a3.intoArray(c, cAt + 6 * L);
        b3.intoArray(c, cAt + 7 * L);
        a4.intoArray(c, cAt + 8 * L);
        b4.intoArray(c, cAt + 9 * L);
        a5.intoArray(c, cAt + 10 * L);
        b5.intoArray(c, cAt + 11 * L);
    }

    private static void multiply4(float[] panel, int p, float[] x, int xAt, int n, float[] c, int cAt) {
        FloatVector a0 = FloatVector.fromArray(F, c, cAt);
        FloatVector b0 = FloatVector.fromArray(F, c, cAt + L);
        FloatVector a1 = FloatVector.fromArray(F, c, cAt + 2 * L);
        FloatVector b1 = FloatVector.fromArray(F, c, cAt + 3 * L);
        FloatVector a2 = FloatVector.fromArray(F, c, cAt + 4 * L);
        FloatVector b2 = FloatVector.fromArray(F, c, cAt + 5 * L);
        FloatVector a3 = FloatVector.fromArray(F, c, cAt + 6 * L);
        FloatVector b3 = FloatVector.fromArray(F, c, cAt + 7 * L);
        for (int k = 0; k < n; k++, p += 2 * L, xAt += 4) {
            FloatVector wa = FloatVector.fromArray(F, panel, p);
            FloatVector wb = FloatVector.fromArray(F, panel, p + L);
            FloatVector v = FloatVector.broadcast(F, x[xAt]);
            a0 = wa.fma(v, a0);
            b0 = wb.fma(v, b0);
            v = FloatVector.broadcast(F, x[xAt + 1]);
            a1 = wa.fma(v, a1);
            b1 = wb.fma(v, b1);
            v = FloatVector.broadcast(F, x[xAt + 2]);
            a2 = wa.fma(v, a2);
            b2 = wb.fma(v, b2);
            v = FloatVector.broadcast(F, x[xAt + 3]);
            a3 = wa.fma(v, a3);
            b3 = wb.fma(v, b3);
        }
        a0.intoArray(c, cAt);
        b0.intoArray(c, cAt + L);
        a1.intoArray(c, cAt + 2 * L);
        b1.intoArray(c, cAt + 3 * L);
        a2.intoArray(c, cAt + 4 * L);
        b2.intoArray(c, cAt + 5 * L);
        a3.intoArray(c, cAt + 6 * L);
        b3.intoArray(c, cAt + 7 * L);
    }

    private static void multiply2(float[] panel, int p, float[] x, int xAt, int n, float[] c, int cAt) {
        FloatVector a0 = FloatVector.fromArray(F, c, cAt);
        FloatVector b0 = FloatVector.fromArray(F, c, cAt + L);
        FloatVector a1 = FloatVector.fromArray(F, c, cAt + 2 * L);
        FloatVector b1 = FloatVector.fromArray(F, c, cAt + 3 * L);
        for (int k = 0; k < n; k++, p += 2 * L, xAt += 2) {
            FloatVector wa = FloatVector.fromArray(F, panel, p);
            FloatVector wb = FloatVector.fromArray(F, panel, p + L);
            FloatVector v = FloatVector.broadcast(F, x[xAt]);
            a0 = wa.fma(v, a0);
            b0 = wb.fma(v, b0);
            v = FloatVector.broadcast(F, x[xAt + 1]);
            a1 = wa.fma(v, a1);
            b1 = wb.fma(v, b1);
        }
        a0.intoArray(c, cAt);
        b0.intoArray(c, cAt + L);
        a1.intoArray(c, cAt + 2 * L);
        b1.intoArray(c, cAt + 3 * L);
    }
}
