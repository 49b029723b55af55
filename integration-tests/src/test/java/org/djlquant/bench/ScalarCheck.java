package org.djlquant.bench;

/** What every benchmark does before it measures: a fast wrong kernel is worth nothing. */
final class ScalarCheck {
    /** Largest difference of two float32 sums in another order, against the size of the result. */
    private static final double TOLERANCE = 1e-5;

    private ScalarCheck() {}

    /**
     * Compares a result with the one of the scalar kernels.
     *
     * @throws IllegalStateException if the root mean square of the difference is above 10⁻⁵ of that of the result
     */
    static void requireEqual(String name, float[] expected, float[] found) {
        double difference = 0;
        double size = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += Math.pow(found[i] - expected[i], 2);
            size += Math.pow(expected[i], 2);
        }
        if (!(Math.sqrt(difference / size) < TOLERANCE)) {
            throw new IllegalStateException(name + " differs from scalar by " + Math.sqrt(difference / size));
        }
    }
}
