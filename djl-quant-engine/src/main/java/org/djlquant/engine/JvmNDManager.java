package org.djlquant.engine;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.BaseNDManager;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.lang.reflect.Proxy;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Manager of arrays on the Java heap, for applications without PyTorch: arrays can be created, read,
 * reshaped, converted and passed to blocks. Every other operator throws {@link
 * UnsupportedOperationException} naming the dependency that brings it. Thread-safe.
 */
class JvmNDManager extends BaseNDManager {
    private static final JvmNDManager SYSTEM = new SystemManager();

    /** NDArrayAdapter forwards operators to another manager's arrays; this one says what is missing. */
    private static final NDManager NO_OPERATORS =
            (NDManager)
                    Proxy.newProxyInstance(
                            JvmNDManager.class.getClassLoader(),
                            new Class<?>[] {NDManager.class},
                            (proxy, method, args) -> {
                                throw missing("this NDArray operator");
                            });

    private JvmNDManager(NDManager parent, Device device) {
        super(parent, device);
        alternativeManager = NO_OPERATORS;
    }

    /** The root of all managers of this kind. */
    static JvmNDManager system() {
        return SYSTEM;
    }

    /** What to throw where an operator does not exist without PyTorch. */
    static UnsupportedOperationException missing(String what) {
        return new UnsupportedOperationException(
                "Engine " + QuantEngine.NAME + ": " + what + " needs PyTorch's NDArrays. Add the dependencies"
                    + " ai.djl.pytorch:pytorch-engine and ai.djl.pytorch:pytorch-native-cpu (or pytorch-jni with"
                    + " the native library of your platform) to the class path.");
    }

    @Override
    public Engine getEngine() {
        return Engine.getEngine(QuantEngine.NAME);
    }

    @Override
    public JvmNDManager newSubManager(Device device) {
        JvmNDManager manager = new JvmNDManager(this, device);
        attachInternal(manager.uid, manager);
        return manager;
    }

    @Override
    public ByteBuffer allocateDirect(int capacity) {
        return ByteBuffer.allocateDirect(capacity).order(ByteOrder.nativeOrder());
    }

    @Override
    public NDArray from(NDArray array) {
        return array == null || array instanceof JvmNDArray
                ? array
                : create(array.toByteBuffer(), array.getShape(), array.getDataType());
    }

    @Override
    public JvmNDArray create(Buffer data, Shape shape, DataType dataType) {
        int size = Math.toIntExact(shape.size());
        BaseNDManager.validateBuffer(data, dataType, size);
        ByteBuffer copy = allocate(size, dataType);
        BaseNDManager.copyBuffer(data, copy);
        return new JvmNDArray(this, alternativeManager, copy, shape, dataType);
    }

    @Override
    public JvmNDArray create(Shape shape, DataType dataType) {
        int size = Math.toIntExact(shape.size());
        return new JvmNDArray(this, alternativeManager, allocate(size, dataType), shape, dataType);
    }

    private static ByteBuffer allocate(int size, DataType dataType) {
        int bytes = Math.multiplyExact(size, dataType.getNumOfBytes());
        return ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
    }

    @Override
    public NDArray full(Shape shape, float value, DataType dataType) {
        float[] values = new float[Math.toIntExact(shape.size())];
        Arrays.fill(values, value);
        return create(values, shape).toType(dataType, false);
    }

    @Override
    public NDArray arange(float start, float stop, float step, DataType dataType) {
        int n = (int) Math.max(0, Math.ceil((stop - start) / step));
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = start + i * step;
        }
        return create(values, new Shape(n)).toType(dataType, false);
    }

    @Override
    public NDArray eye(int rows, int cols, int k, DataType dataType) {
        throw missing("eye");
    }

    @Override
    public NDArray linspace(float start, float stop, int num, boolean endpoint) {
        throw missing("linspace");
    }

    @Override
    public NDArray randomInteger(long low, long high, Shape shape, DataType dataType) {
        throw missing("randomInteger");
    }

    @Override
    public NDArray randomPermutation(long n) {
        throw missing("randomPermutation");
    }

    @Override
    public NDArray randomUniform(float low, float high, Shape shape, DataType dataType) {
        throw missing("randomUniform");
    }

    @Override
    public NDArray randomNormal(float loc, float scale, Shape shape, DataType dataType) {
        throw missing("randomNormal");
    }

    @Override
    public NDArray truncatedNormal(float loc, float scale, Shape shape, DataType dataType) {
        throw missing("truncatedNormal");
    }

    @Override
    public NDArray randomMultinomial(int n, NDArray pValues) {
        throw missing("randomMultinomial");
    }

    @Override
    public NDArray randomMultinomial(int n, NDArray pValues, Shape shape) {
        throw missing("randomMultinomial");
    }

    /** The root, which is never closed. */
    private static final class SystemManager extends JvmNDManager implements SystemNDManager {
        SystemManager() {
            super(null, Device.cpu());
        }

        @Override
        public void close() {}
    }
}
