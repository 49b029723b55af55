package org.djlquant.engine;

import ai.djl.ndarray.BaseNDManager;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrayAdapter;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.util.Float16Utils;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * An array on the Java heap in native byte order; see {@link JvmNDManager} for what it can do. Not
 * thread-safe for writing.
 */
final class JvmNDArray extends NDArrayAdapter {
    private ByteBuffer data;

    JvmNDArray(NDManager manager, NDManager alternative, ByteBuffer data, Shape shape, DataType dataType) {
        super(manager, alternative, shape, dataType, NDManager.nextUid());
        this.data = data;
        manager.attachInternal(getUid(), this);
    }

    @Override
    public ByteBuffer toByteBuffer(boolean tryDirect) {
        if (isClosed) {
            throw new IllegalStateException("This array is already closed");
        }
        return data.duplicate().order(ByteOrder.nativeOrder()).rewind();
    }

    @Override
    public void set(Buffer buffer) {
        BaseNDManager.validateBuffer(buffer, getDataType(), Math.toIntExact(getShape().size()));
        BaseNDManager.copyBuffer(buffer, data);
    }

    @Override
    public void intern(NDArray replaced) {
        JvmNDArray other = (JvmNDArray) replaced;
        data = other.data;
        shape = other.shape;
        dataType = other.dataType;
        replaced.close();
    }

    @Override
    public void detach() {
        manager.detachInternal(getUid());
        manager = JvmNDManager.system();
    }

    @Override
    public void close() {
        super.close();
        data = null;
    }

    @Override
    public NDArray toType(DataType type, boolean copy) {
        // the adapter writes four bytes for a FLOAT16 and floats only through boxed numbers
        if (type == DataType.FLOAT16 && getDataType() == DataType.FLOAT32) {
            return manager.create(Float16Utils.toByteBuffer(manager, toFloatArray()), getShape(), type);
        }
        return type == DataType.FLOAT16 && getDataType() != type
                ? super.toType(DataType.FLOAT32, false).toType(type, false)
                : super.toType(type, copy);
    }

    @Override
    public NDArray reshape(Shape target) {
        long[] dims = target.getShape().clone();
        long known = Arrays.stream(dims).filter(d -> d != -1).reduce(1, (a, b) -> a * b);
        for (int i = 0; i < dims.length; i++) {
            if (dims[i] == -1) {
                dims[i] = known == 0 ? 0 : getShape().size() / known;
            }
        }
        Shape result = new Shape(dims);
        if (result.size() != getShape().size()) {
            throw new IllegalArgumentException("cannot reshape " + getShape() + " to " + target);
        }
        return manager.create(toByteBuffer(), result, getDataType());
    }

    @Override
    public NDArray flatten() {
        return reshape(new Shape(getShape().size()));
    }

    @Override
    public NDArray expandDims(int axis) {
        int at = axis < 0 ? axis + getShape().dimension() + 1 : axis;
        return reshape(getShape().slice(0, at).add(1).addAll(getShape().slice(at)));
    }

    @Override
    public NDArray squeeze(int[] axes) {
        int rank = getShape().dimension();
        boolean[] drop = new boolean[rank];
        for (int axis : axes) {
            int at = axis < 0 ? axis + rank : axis;
            if (getShape().get(at) != 1) {
                throw new IllegalArgumentException("axis " + axis + " of " + getShape() + " is not 1");
            }
            drop[at] = true;
        }
        Shape result = new Shape();
        for (int i = 0; i < rank; i++) {
            result = drop[i] ? result : result.add(getShape().get(i));
        }
        return reshape(result);
    }

    @Override
    public void setRequiresGradient(boolean requiresGrad) {
        if (requiresGrad) {
            throw JvmNDManager.missing("a gradient");
        }
    }

    // The adapter refuses the operators below without saying what brings them.

    @Override
    public NDArray flatten(int startDim, int endDim) {
        throw JvmNDManager.missing("flatten of some dimensions");
    }

    @Override
    public NDArray stopGradient() {
        throw JvmNDManager.missing("stopGradient");
    }

    @Override
    public NDArray getGradient() {
        throw JvmNDManager.missing("getGradient");
    }

    @Override
    public NDArray take(NDManager manager, NDArray index) {
        throw JvmNDManager.missing("take");
    }

    @Override
    public NDArray put(NDArray index, NDArray value) {
        throw JvmNDManager.missing("put");
    }

    @Override
    public NDArray scatter(NDArray index, NDArray value, int axis) {
        throw JvmNDManager.missing("scatter");
    }

    @Override
    public NDArray addi(Number n) {
        throw JvmNDManager.missing("addi");
    }

    @Override
    public NDArray addi(NDArray other) {
        throw JvmNDManager.missing("addi");
    }

    @Override
    public NDArray subi(Number n) {
        throw JvmNDManager.missing("subi");
    }

    @Override
    public NDArray subi(NDArray other) {
        throw JvmNDManager.missing("subi");
    }

    @Override
    public NDArray muli(Number n) {
        throw JvmNDManager.missing("muli");
    }

    @Override
    public NDArray muli(NDArray other) {
        throw JvmNDManager.missing("muli");
    }

    @Override
    public NDArray divi(Number n) {
        throw JvmNDManager.missing("divi");
    }

    @Override
    public NDArray divi(NDArray other) {
        throw JvmNDManager.missing("divi");
    }

    @Override
    public NDArray modi(Number n) {
        throw JvmNDManager.missing("modi");
    }

    @Override
    public NDArray modi(NDArray other) {
        throw JvmNDManager.missing("modi");
    }

    @Override
    public NDArray powi(Number n) {
        throw JvmNDManager.missing("powi");
    }

    @Override
    public NDArray powi(NDArray other) {
        throw JvmNDManager.missing("powi");
    }

    @Override
    public NDArray signi() {
        throw JvmNDManager.missing("signi");
    }

    @Override
    public NDArray negi() {
        throw JvmNDManager.missing("negi");
    }

    @Override
    public NDArray fft(long length, long axis) {
        throw JvmNDManager.missing("fft");
    }

    @Override
    public NDArray ifft(long length, long axis) {
        throw JvmNDManager.missing("ifft");
    }

    @Override
    public NDArray rfft(long length, long axis) {
        throw JvmNDManager.missing("rfft");
    }

    @Override
    public NDArray irfft(long length, long axis) {
        throw JvmNDManager.missing("irfft");
    }

    @Override
    public NDArray fft2(long[] sizes, long[] axes) {
        throw JvmNDManager.missing("fft2");
    }

    @Override
    public NDArray ifft2(long[] sizes, long[] axes) {
        throw JvmNDManager.missing("ifft2");
    }

    @Override
    public NDArray pad(Shape padding, double value) {
        throw JvmNDManager.missing("pad");
    }

    @Override
    public NDList unique(Integer dim, boolean sorted, boolean returnInverse, boolean returnCounts) {
        throw JvmNDManager.missing("unique");
    }

    @Override
    public NDList topK(int k, int axis, boolean largest, boolean sorted) {
        throw JvmNDManager.missing("topK");
    }

    @Override
    public NDArray complex() {
        throw JvmNDManager.missing("complex");
    }

    @Override
    public NDArray real() {
        throw JvmNDManager.missing("real");
    }

    @Override
    public NDArray conj() {
        throw JvmNDManager.missing("conj");
    }

    @Override
    public NDArray diff(int n, int dim) {
        throw JvmNDManager.missing("diff");
    }
}
