package org.djlquant.quant;

import java.util.Optional;

/** Counts scales that no quantizer means to write. Decoding takes them as they are. */
final class OddScales {
    private long total;
    private long notFinite;
    private long zero;

    /** Looks at one scale. */
    void see(float scale) {
        total++;
        if (!Float.isFinite(scale)) {
            notFinite++;
        } else if (scale == 0) {
            zero++;
        }
    }

    /**
     * What was seen, or nothing if all is well.
     *
     * @param zeroIsOdd whether a scale of zero is a mistake; blocks of zeros may have one
     */
    Optional<String> remark(boolean zeroIsOdd) {
        if (notFinite == 0 && (zero == 0 || !zeroIsOdd)) {
            return Optional.empty();
        }
        return Optional.of((notFinite > 0 ? notFinite + " of " + total + " scales are not finite" : "")
                + (notFinite > 0 && zero > 0 && zeroIsOdd ? ", " : "")
                + (zero > 0 && zeroIsOdd ? zero + " of " + total + " scales are zero" : ""));
    }
}
