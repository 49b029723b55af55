package org.djlquant.kernel;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.lang.reflect.InvocationTargetException;

/**
 * The kernels of this JVM and why they were chosen. The choice is automatic unless the system
 * property {@value #PROPERTY} names one of {@code scalar} and {@code vector}; a named one that
 * cannot run here is an error, never a silent downgrade.
 *
 * @param kernels the implementation
 * @param reason one line for the load report
 */
public record KernelsProvider(Kernels kernels, String reason) {
    /** Name of the system property that forces a choice. */
    public static final String PROPERTY = "djlquant.kernels";

    private static final String VECTOR_CLASS = "org.djlquant.kernel.vector.VectorKernels";

    /** The same, on plain loops until the compiler has done its work; a forced choice is vector code at once. */
    private static final String WARMING_CLASS = "org.djlquant.kernel.vector.WarmingKernels";

    private static final String SLOW = "the Vector API would be slower than plain loops: ";

    private static KernelsProvider chosen;

    /**
     * The kernels of this JVM, looked up once.
     *
     * @throws IllegalStateException if the system property asks for kernels that cannot run here
     */
    public static synchronized KernelsProvider get() {
        if (chosen == null) {
            chosen = choose(System.getProperty(PROPERTY, "auto"));
        }
        return chosen;
    }

    /** Makes the choice for one value of the property. */
    static KernelsProvider choose(String wanted) {
        String obstacle = vectorObstacle();
        return switch (wanted) {
            case "scalar" -> new KernelsProvider(new ScalarKernels(), "scalar: forced by -D" + PROPERTY);
            case "vector" -> {
                if (obstacle != null && !obstacle.startsWith(SLOW)) {
                    throw new IllegalStateException("-D" + PROPERTY + "=vector: " + obstacle);
                }
                yield vector(VECTOR_CLASS, "forced by -D" + PROPERTY);
            }
            case "auto" -> {
                if (obstacle != null) {
                    yield new KernelsProvider(new ScalarKernels(), "scalar: " + obstacle);
                }
                try {
                    yield vector(WARMING_CLASS, "the Vector API is there");
                } catch (IllegalStateException e) {
                    yield new KernelsProvider(new ScalarKernels(), "scalar: " + e.getMessage());
                }
            }
            default -> throw new IllegalStateException(
                    "-D" + PROPERTY + "=" + wanted + ": expected auto, scalar or vector");
        };
    }

    /** Why vector kernels should not run here, or {@code null}. */
    private static String vectorObstacle() {
        if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
            return "start java with --add-modules jdk.incubator.vector for kernels that are many times faster";
        }
        String vm = System.getProperty("java.vm.name", "");
        String info = System.getProperty("java.vm.info", "");
        if (!vm.contains("Server VM")) {
            return SLOW + "this is not a HotSpot server VM but " + vm;
        }
        if (info.contains("interpreted") || info.contains("emulated-client")) {
            return SLOW + "the C2 compiler is off (" + info + "), remove -Xint or -XX:TieredStopAtLevel";
        }
        return fmaMissing() ? SLOW + "this processor has no fused multiply-add" : null;
    }

    /** Without the instruction, {@code fma} is computed in arbitrary precision. */
    private static boolean fmaMissing() {
        try {
            HotSpotDiagnosticMXBean vm = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
            return vm != null && "false".equals(vm.getVMOption("UseFMA").getValue());
        } catch (IllegalArgumentException | LinkageError e) {
            return false; // a VM that cannot tell; those of interest all can
        }
    }

    private static KernelsProvider vector(String implementation, String why) {
        try {
            Kernels kernels = (Kernels) Class.forName(implementation).getConstructor().newInstance();
            return new KernelsProvider(kernels, kernels.name() + ": " + why);
        } catch (InvocationTargetException e) {
            throw new IllegalStateException("vector kernels cannot start: " + e.getCause().getMessage(), e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("vector kernels are not in this build: " + implementation, e);
        }
    }
}
