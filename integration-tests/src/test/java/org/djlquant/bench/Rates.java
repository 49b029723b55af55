package org.djlquant.bench;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Rates beside the operations a second, both a second as JMH prints them. */
@AuxCounters
@State(Scope.Thread)
public class Rates {
    /** 10⁹ bytes of weights, cache or vectors, as they are stored, that an operation reads and writes. */
    public double gigabytes;

    /** 10⁹ floating-point operations, a multiply-add being two. */
    public double gflop;
}
