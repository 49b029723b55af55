package org.djlquant.engine;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.core.Linear;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.FloatBuffer;
import java.util.List;
import org.djlquant.format.UnsupportedModelException;
import org.djlquant.kernel.IntegerKernels;
import org.djlquant.kernel.Kernels;
import org.djlquant.kernel.KernelsProvider;
import org.djlquant.kernel.MatMul;
import org.djlquant.quant.BlockMatrix;
import org.djlquant.quant.Schemes;
import org.djlquant.quant.WeightMatrix;
import org.djlquant.quantize.Quantizer;
import org.djlquant.runtime.Workers;

/**
 * The quantized linear operator as a DJL block: {@code y = x · Wᵀ + b} with W in any scheme. Takes one
 * array of shape (…, in) of any engine and any floating-point type and returns (…, out) of the same
 * type, computed in float32 on the CPU. Usable wherever DJL's {@link Linear} is, also in fields of that
 * type; {@link #replaceIn} swaps all those of a block.
 *
 * <p>It holds no {@link Parameter}: it cannot be trained, and {@code ParameterStore} does not see its
 * weights. They live outside the Java heap and are freed with the block. Safe for use by many threads
 * once it has weights.
 */
public final class QuantizedLinear extends Linear {
    /** First byte of the saved form; Linear's own are below 16. */
    private static final byte PACKED_VERSION = 'Q';

    private final String scheme;
    private final long units;
    private int inputs;
    private WeightMatrix weight;
    private MatMul operator;
    private float[] bias;

    /**
     * An operator with weights from anywhere: a checkpoint, the quantizer, another block.
     *
     * @param weight [out, in]
     * @param bias {@code out} values, or {@code null} for none
     */
    public QuantizedLinear(WeightMatrix weight, float[] bias) {
        this(weight.scheme(), weight.rows(), bias != null);
        if (bias != null && bias.length != weight.rows()) {
            throw new IllegalArgumentException(
                    "a bias for " + weight.rows() + " outputs has as many values, found " + bias.length);
        }
        setWeights(weight, weight.cols(), bias);
    }

    /** An operator whose weights come by {@link #loadParameters}, float or packed. */
    private QuantizedLinear(String scheme, long units, boolean bias) {
        super(Linear.builder().setUnits(units).optBias(bias));
        this.scheme = scheme;
        this.units = units;
    }

    /**
     * The quantized form of a Linear. If that has no weights yet, neither has the result, and {@link
     * #loadParameters} takes those of the Linear as well as those of a saved QuantizedLinear.
     *
     * @param linear read, not changed
     * @param scheme one of {@link Quantizer#schemes()}
     * @throws UnsupportedModelException if there is no such scheme
     */
    public static QuantizedLinear of(Linear linear, String scheme) {
        if (!Quantizer.schemes().contains(scheme)) {
            throw new UnsupportedModelException("Cannot quantize to " + scheme + "; supported are "
                    + String.join(", ", Quantizer.schemes()));
        }
        List<Parameter> parameters = linear.getDirectParameters().values();
        long units = linear.getOutputShapes(new Shape[] {new Shape(1, 1)})[0].get(1);
        QuantizedLinear result = new QuantizedLinear(scheme, units, parameters.size() > 1);
        if (parameters.stream().allMatch(Parameter::isInitialized)) {
            result.quantize(parameters);
        }
        return result;
    }

    /**
     * Swaps every DJL {@link Linear} in a block and its children, at any depth, for its quantized form,
     * and frees the float weights. Children are found through {@code getChildren()} and replaced where
     * their parent holds them: in its list of children and in its fields, lists, maps and arrays. What a
     * lambda has captured cannot be replaced and stays float, as do subclasses of Linear.
     *
     * @param block with or without weights; see {@link #of} for those without
     * @param scheme one of {@link Quantizer#schemes()}
     * @return the block itself, or its quantized form if it is a Linear
     * @throws UnsupportedModelException if there is no such scheme
     * @throws IllegalStateException if a field of a user's block cannot be changed; names the field
     */
    public static Block replaceIn(Block block, String scheme) {
        return new LinearSwap(linear -> of(linear, scheme)).swap(block);
    }

    /** The scheme of the weights. */
    public String scheme() {
        return scheme;
    }

    /** The weights [out, in]; columns beyond the inputs are padding of the scheme's blocks. */
    public WeightMatrix weight() {
        requireWeights();
        return weight;
    }

    private void requireWeights() {
        if (weight == null) {
            throw new IllegalStateException(
                    "this QuantizedLinear has no weights yet: load the parameters of the block before using it");
        }
    }

    private void setWeights(WeightMatrix matrix, int inputFeatures, float[] biasValues) {
        weight = matrix;
        inputs = inputFeatures;
        bias = biasValues;
        Kernels kernels = new IntegerKernels(KernelsProvider.get().kernels(), 0);
        operator = kernels.pack(matrix, Arena.ofAuto(), Workers.shared());
        inputShapes = new Shape[] {new Shape(-1, inputFeatures)};
        parameters.clear();
    }

    /** Takes the weight and perhaps the bias of a Linear. */
    private void quantize(List<Parameter> floats) {
        Shape shape = floats.getFirst().getArray().getShape();
        int rows = Math.toIntExact(shape.get(0));
        int cols = Math.toIntExact(shape.get(1));
        int block = Schemes.block(scheme) == null ? 1 : Schemes.block(scheme).blockLength();
        int stored = Math.ceilDiv(cols, block) * block;
        float[] values = widened(floats(floats.getFirst().getArray()), cols, stored);
        WeightMatrix matrix = new BlockMatrix(Schemes.block("F32"), MemorySegment.ofArray(values), rows, stored);
        float[] biasValues = floats.size() > 1 ? floats(floats.get(1).getArray()) : null;
        setWeights(Quantizer.quantize(matrix, scheme), cols, biasValues);
    }

    private static float[] floats(NDArray array) {
        if (array.getDataType() == DataType.FLOAT32) {
            return array.toFloatArray();
        }
        try (NDArray converted = array.toType(DataType.FLOAT32, false)) {
            return converted.toFloatArray();
        }
    }

    /** Appends zeros to each row. */
    private static float[] widened(float[] rows, int from, int to) {
        if (from == to) {
            return rows;
        }
        float[] wide = new float[Math.multiplyExact(rows.length / from, to)];
        for (int r = 0; r < rows.length / from; r++) {
            System.arraycopy(rows, r * from, wide, r * to, from);
        }
        return wide;
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameterStore, NDList list, boolean training, PairList<String, Object> params) {
        requireWeights();
        if (training) {
            throw new UnsupportedOperationException(
                    "quantized weights cannot be trained: train the float block, then quantize it");
        }
        NDArray input = list.singletonOrThrow();
        Shape shape = input.getShape();
        if (shape.dimension() == 0 || shape.getLastDimension() != inputs) {
            throw new IllegalArgumentException("the last dimension must be " + inputs + ", found " + shape);
        }
        if (!input.getDataType().isFloating()) {
            throw new IllegalArgumentException("the input must be floating point, found " + input.getDataType());
        }
        int tokens = Math.toIntExact(shape.size() / inputs);
        int rows = operator.rows();
        float[] y = new float[Math.multiplyExact(tokens, rows)];
        if (tokens > 0) {
            float[] x = widened(floats(input), inputs, operator.cols());
            operator.multiply(x, 0, operator.cols(), tokens, y, 0, rows, Workers.shared());
        }
        if (bias != null) {
            for (int i = 0; i < y.length; i++) {
                y[i] += bias[i % rows];
            }
        }
        return new NDList(output(input, y, shape.slice(0, shape.dimension() - 1).add(rows)));
    }

    private static NDArray output(NDArray input, float[] y, Shape shape) {
        NDManager manager = input.getManager();
        NDArray result = manager.create(FloatBuffer.wrap(y), shape, DataType.FLOAT32);
        if (input.getDataType() == DataType.FLOAT32) {
            return result;
        }
        try (result) {
            return result.toType(input.getDataType(), true);
        }
    }

    @Override
    public boolean isInitialized() {
        return weight != null;
    }

    /** Checks the input size; there is nothing to initialize. */
    @Override
    public void initialize(NDManager manager, DataType dataType, Shape... shapes) {
        requireWeights();
        if (shapes[0].getLastDimension() != inputs) {
            throw new IllegalArgumentException("the last dimension must be " + inputs + ", found " + shapes[0]);
        }
    }

    @Override
    public PairList<String, Shape> describeInput() {
        requireWeights();
        return new PairList<>(List.of("linearInput"), List.of(inputShapes[0]));
    }

    /** Frees the weights. */
    @Override
    public void clear() {
        weight = null;
        operator = null;
        bias = null;
    }

    /** Writes the packed weights, byte for byte as they are. */
    @Override
    public void saveParameters(DataOutputStream os) throws IOException {
        requireWeights();
        os.writeByte(PACKED_VERSION);
        PackedWeights.write(weight, os);
        os.writeInt(inputs);
        os.writeBoolean(bias != null);
        if (bias != null) {
            for (float b : bias) {
                os.writeFloat(b);
            }
        }
    }

    /** Reads what {@link #saveParameters} wrote, or the parameters of a Linear, which are quantized now. */
    @Override
    public void loadParameters(NDManager manager, DataInputStream is) throws IOException, MalformedModelException {
        byte version = is.readByte();
        if (version == PACKED_VERSION) {
            loadPacked(is);
            return;
        }
        loadMetadata(version, is);
        List<Parameter> floats = List.copyOf(parameters.values());
        if (floats.isEmpty()) {
            throw new MalformedModelException("float parameters cannot replace those of a QuantizedLinear with weights");
        }
        for (Parameter parameter : floats) {
            parameter.load(manager, is);
        }
        quantize(floats);
        floats.forEach(Parameter::close);
    }

    private void loadPacked(DataInputStream is) throws IOException, MalformedModelException {
        WeightMatrix matrix = PackedWeights.read(is);
        if (matrix.rows() != units || !matrix.scheme().equals(scheme)) {
            throw new MalformedModelException("saved weights are " + matrix.scheme() + " with " + matrix.rows()
                    + " outputs, expected " + scheme + " with " + units);
        }
        int inputFeatures = is.readInt();
        if (inputFeatures < 1 || inputFeatures > matrix.cols()) {
            throw new MalformedModelException(inputFeatures + " inputs of " + matrix.cols() + " columns");
        }
        float[] values = is.readBoolean() ? new float[matrix.rows()] : null;
        if (values != null) {
            for (int i = 0; i < values.length; i++) {
                values[i] = is.readFloat();
            }
        }
        setWeights(matrix, inputFeatures, values);
    }

    @Override
    public String toString() {
        return "QuantizedLinear(" + (weight == null ? "no weights" : inputs) + " -> " + units
                + ", " + scheme + ")";
    }
}
