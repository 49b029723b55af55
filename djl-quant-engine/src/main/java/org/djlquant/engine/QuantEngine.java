package org.djlquant.engine;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The DJL engine that runs quantized models. It is a hybrid: weights and kernels are its own,
 * NDArrays are those of PyTorch where PyTorch is on the class path. Without PyTorch a small set of
 * array operations on the Java heap remains ({@link JvmNDManager}); text needs none of them.
 *
 * <p>Thread-safe; there is one instance, obtained by {@code Engine.getEngine("Quant")}.
 */
public final class QuantEngine extends Engine {
    /** Name for {@code optEngine} and {@code DJL_DEFAULT_ENGINE}. */
    public static final String NAME = "Quant";

    /** Above PyTorch's 2, so that PyTorch stays the default engine where both are present. */
    static final int RANK = 10;

    private static final Logger LOGGER = LoggerFactory.getLogger(QuantEngine.class);
    private static final String PYTORCH = "PyTorch";

    private Engine arrays;
    private boolean searched;

    QuantEngine() {}

    /** PyTorch, or {@code null} if it is not on the class path or does not start. */
    @Override
    public synchronized Engine getAlternativeEngine() {
        if (!searched) {
            searched = true;
            if (hasEngine(PYTORCH)) {
                try {
                    arrays = getEngine(PYTORCH);
                } catch (EngineException | LinkageError e) {
                    LOGGER.warn("PyTorch is on the class path but does not start: NDArray operators are missing", e);
                }
            }
        }
        return arrays;
    }

    @Override
    public String getEngineName() {
        return NAME;
    }

    @Override
    public int getRank() {
        return RANK;
    }

    @Override
    public String getVersion() {
        String version = QuantEngine.class.getPackage().getImplementationVersion();
        return version != null ? version : "development";
    }

    @Override
    public boolean hasCapability(String capability) {
        return false;
    }

    @Override
    public Model newModel(String name, Device device) {
        return new QuantModel(name, newBaseManager(device));
    }

    @Override
    public NDManager newBaseManager() {
        return newBaseManager(null);
    }

    /**
     * A manager of PyTorch's own arrays, so that all operators work without copies, or of heap arrays
     * without PyTorch.
     *
     * @param device where arrays live; {@code null} is the CPU
     */
    @Override
    public NDManager newBaseManager(Device device) {
        Device place = device == null ? Device.cpu() : device;
        Engine alternative = getAlternativeEngine();
        return alternative != null
                ? alternative.newBaseManager(place)
                : JvmNDManager.system().newSubManager(place);
    }

    /** PyTorch's collector: a model that holds plain float blocks can be trained. */
    @Override
    public GradientCollector newGradientCollector() {
        Engine alternative = getAlternativeEngine();
        if (alternative == null) {
            throw JvmNDManager.missing("training");
        }
        return alternative.newGradientCollector();
    }

    /** Seeds PyTorch too, whose random arrays this engine hands out. */
    @Override
    public void setRandomSeed(int seed) {
        super.setRandomSeed(seed);
        Engine alternative = getAlternativeEngine();
        if (alternative != null) {
            alternative.setRandomSeed(seed);
        }
    }

    @Override
    public String toString() {
        Engine alternative = getAlternativeEngine();
        return NAME + ':' + getVersion() + ", NDArrays by " + (alternative == null ? "the JVM" : alternative.getEngineName());
    }
}
