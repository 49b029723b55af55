package org.djlquant.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.djlquant.contract.RandomMatrix;
import org.djlquant.quant.Bnb4;
import org.djlquant.quant.Schemes;
import org.djlquant.quant.Settings;
import org.djlquant.quant.StoredModule;
import org.djlquant.quant.WeightMatrix;

/** Random weights in the schemes of several tensors, stored as checkpoints store them. */
final class RandomModule implements StoredModule {
    private final Map<String, Tensor> tensors = new HashMap<>();
    private final Map<String, Object> settings = new HashMap<>();
    private final Random random = new Random(1);
    private final Arena arena;

    private RandomModule(Arena arena) {
        this.arena = arena;
    }

    /**
     * A matrix by the name of its scheme: {@code GPTQ4-128} (bits, group), with {@code -asym} or {@code -act} behind
     * it; {@code AWQ-128}; NF4; FP4; any block scheme. A group of 1 or none is one for a whole row.
     */
    static WeightMatrix named(String name, int rows, int cols, Arena arena) {
        String[] parts = name.split("-");
        if (name.startsWith("GPTQ")) {
            int group = parts.length > 1 && !parts[1].equals("1") ? Integer.parseInt(parts[1]) : cols;
            return gptq(name.charAt(4) - '0', group, name.contains("asym"), name.contains("act"), rows, cols, arena);
        }
        return switch (parts[0]) {
            case "AWQ" -> awq(Integer.parseInt(parts[1]), rows, cols, arena);
            case "NF4", "FP4" -> codebook(parts[0], rows, cols, arena);
            default -> RandomMatrix.of(Schemes.block(name), rows, cols, 1, arena);
        };
    }

    /**
     * A matrix in float16 scales.
     *
     * @param asymmetric whether zero points differ
     * @param actOrder whether the inputs of a group are scattered
     */
    static WeightMatrix gptq(int bits, int group, boolean asymmetric, boolean actOrder, int rows, int cols, Arena arena) {
        RandomModule module = new RandomModule(arena);
        int groups = cols / group;
        module.bytes("qweight", "I32", cols * bits / 32, rows);
        MemorySegment zeros = module.bytes("qzeros", "I32", groups, rows * bits / 32);
        if (!asymmetric) {
            int[] middle = switch (bits) { // as a stream of codes, one less than the zero point
                case 2 -> new int[] {0x55};
                case 3 -> new int[] {0xdb, 0xb6, 0x6d};
                case 4 -> new int[] {0x77};
                default -> new int[] {0x7f};
            };
            for (long i = 0; i < zeros.byteSize(); i++) {
                zeros.set(ValueLayout.JAVA_BYTE, i, (byte) middle[(int) (i % middle.length)]);
            }
        }
        module.scales(groups, rows);
        if (actOrder) {
            MemorySegment index = module.bytes("g_idx", "I32", cols);
            for (int k = 0; k < cols; k++) {
                // 37 has no divisor in common with any of the shapes in use
                index.setAtIndex(ValueLayout.JAVA_INT, k, (int) (37L * k % cols) / group);
            }
        }
        module.settings.putAll(Map.of("bits", (long) bits, "group_size", (long) group, "quant_method", "gptq"));
        return Schemes.open(module);
    }

    /** A matrix of version gemm with zero points and float16 scales. */
    static WeightMatrix awq(int group, int rows, int cols, Arena arena) {
        RandomModule module = new RandomModule(arena);
        module.bytes("qweight", "I32", cols, rows / 8);
        module.bytes("qzeros", "I32", cols / group, rows / 8);
        module.scales(cols / group, rows);
        module.settings.putAll(Map.of("bits", 4L, "group_size", (long) group, "quant_method", "awq"));
        return Schemes.open(module);
    }

    /** An {@code NF4} or {@code FP4} matrix in blocks of 64. */
    static WeightMatrix codebook(String scheme, int rows, int cols, Arena arena) {
        MemorySegment codes = new RandomModule(arena).bytes("weight", "U8", rows, cols / 2);
        float[] maxima = new float[rows * (cols / 64)];
        for (int i = 0; i < maxima.length; i++) {
            maxima[i] = 0.05f + i % 7 * 0.001f;
        }
        return Bnb4.of(scheme, codes, maxima, 64, rows, cols);
    }

    private MemorySegment bytes(String part, String type, long... shape) {
        long bytes = type.equals("U8") ? 1 : type.equals("F16") ? 2 : 4;
        for (long size : shape) {
            bytes *= size;
        }
        byte[] content = new byte[(int) bytes];
        random.nextBytes(content);
        MemorySegment data = arena.allocate(bytes, 64).copyFrom(MemorySegment.ofArray(content));
        tensors.put(part, new Tensor("random." + part, type, shape, data));
        return data;
    }

    private void scales(int groups, int rows) {
        MemorySegment data = bytes("scales", "F16", groups, rows);
        for (long i = 0; i < (long) groups * rows; i++) {
            data.setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16(0.01f + i % 11 * 0.0002f));
        }
    }

    @Override
    public String name() {
        return "random";
    }

    @Override
    public Tensor tensor(String part) {
        return tensors.get(part);
    }

    @Override
    public Settings json(Tensor tensor) {
        throw new UnsupportedOperationException("no JSON among the tensors");
    }

    @Override
    public Settings config() {
        return new Settings() {
            @Override
            public boolean has(String key) {
                return settings.containsKey(key);
            }

            @Override
            public Optional<String> string(String key) {
                return Optional.ofNullable((String) settings.get(key));
            }

            @Override
            public Optional<Long> integer(String key) {
                return Optional.ofNullable((Long) settings.get(key));
            }

            @Override
            public Optional<Double> number(String key) {
                return Optional.empty();
            }

            @Override
            public Optional<Boolean> bool(String key) {
                return Optional.empty();
            }

            @Override
            public Optional<long[]> integers(String key) {
                return Optional.empty();
            }
        };
    }
}
