package org.djlquant.format.ggml;

import java.util.ArrayList;
import java.util.List;
import org.djlquant.format.ByteCursor;
import org.djlquant.format.MappedFile;
import org.djlquant.format.ModelFormatException;
import org.djlquant.format.TensorInfo;
import org.djlquant.format.UnsupportedModelException;
import org.djlquant.format.gguf.GgmlType;
import org.djlquant.quant.BlockScheme;
import org.djlquant.quant.Schemes;

/**
 * A Llama model in one of the containers before GGUF, little-endian:
 *
 * <pre>
 * u32 magic  (u32 version)                       "ggml" has no version
 * 7 × u32    n_vocab n_embd n_mult n_head n_layer n_rot ftype
 * n_vocab ×  u32 length, bytes (, f32 score)     "ggml" has no scores
 * tensors to the end of the file: u32 n_dims, u32 name length, u32 type, n_dims × u32 dimension
 *            (innermost first), name (, zeros to a multiple of 32 of the file: "ggjt" only), data
 * </pre>
 *
 * Source: llama.cpp of March to August 2023.
 */
record GgmlFile(Container container, Hyper hyper, List<Token> vocabulary, List<TensorInfo> tensors) {
    private static final int ALIGNMENT = 32;
    private static final int MAX_DIMS = 2;
    private static final int MAX_NAME = 255;

    /** Container and version; the generation of its quantized blocks follows from it. */
    enum Container {
        GGML(0x67676d6c, 0, 1),
        GGMF_V1(0x67676d66, 1, 1),
        GGJT_V1(0x67676a74, 1, 1),
        GGJT_V2(0x67676a74, 2, 2),
        GGJT_V3(0x67676a74, 3, 3);

        private final int magic;
        private final int version;
        private final int generation;

        Container(int magic, int version, int generation) {
            this.magic = magic;
            this.version = version;
            this.generation = generation;
        }

        @Override
        public String toString() {
            return this == GGML ? "ggml" : (aligned() ? "ggjt v" : "ggmf v") + version;
        }

        boolean hasScores() {
            return this != GGML;
        }

        private boolean aligned() {
            return magic == GGJT_V1.magic;
        }

        /** The scheme of a tensor type, or {@code null}. */
        private BlockScheme scheme(GgmlType type) {
            return switch (type) {
                case F32, F16, Q4_0, Q4_1, Q4_2, Q5_0, Q5_1, Q8_0 -> Schemes.legacy(type.name(), generation);
                case Q2_K, Q3_K, Q4_K, Q5_K, Q6_K -> generation == 3 ? Schemes.block(type.name()) : null;
                default -> null;
            };
        }
    }

    /** The stored hyper-parameters. */
    record Hyper(int vocabulary, int embedding, int multiple, int heads, int layers, int rotary, int fileType) {}

    /** Where the text of a token begins in the file, its bytes, and its score. */
    record Token(long offset, byte[] text, float score) {}

    /**
     * Parses and checks a file.
     *
     * @throws ModelFormatException if anything in it is wrong
     * @throws UnsupportedModelException for versions and tensor types that are not supported
     */
    static GgmlFile read(MappedFile file) {
        ByteCursor in = file.cursor(0);
        Container container = container(file, in);
        Hyper hyper = new Hyper(
                positive(in, "n_vocab", 1 << 24),
                positive(in, "n_embd", 1 << 22),
                positive(in, "n_mult", 1 << 22),
                positive(in, "n_head", 1 << 12),
                positive(in, "n_layer", 1 << 12),
                positive(in, "n_rot", 1 << 22),
                in.i32("ftype"));
        List<Token> vocabulary = new ArrayList<>();
        for (int id = 0; id < hyper.vocabulary; id++) {
            int length = in.i32("length of a token");
            if (length < 0 || length > in.remaining()) {
                throw in.error(4, "token " + id + " has " + Integer.toUnsignedString(length) + " bytes, but only "
                        + in.remaining() + " follow; this is not a Llama model, or it is corrupt or truncated");
            }
            long offset = in.position();
            byte[] text = in.bytes(length, "token");
            vocabulary.add(new Token(offset, text, container.hasScores() ? in.f32("score of a token") : -id));
        }
        List<TensorInfo> tensors = new ArrayList<>();
        while (in.remaining() > 0) {
            tensors.add(tensor(file, in, container));
        }
        return new GgmlFile(container, hyper, vocabulary, tensors);
    }

    private static Container container(MappedFile file, ByteCursor in) {
        int magic = in.i32("magic");
        if (magic == Container.GGML.magic) {
            return Container.GGML;
        }
        if (magic != Container.GGMF_V1.magic && magic != Container.GGJT_V1.magic) {
            throw new ModelFormatException(file.file(), "byte 0", String.format(
                    "is not a legacy GGML file: expected ggml, ggmf or ggjt reversed, found the bytes %08x",
                    Integer.reverseBytes(magic)));
        }
        int version = in.i32("version");
        for (Container container : Container.values()) {
            if (container.magic == magic && container.version == version) {
                return container;
            }
        }
        throw new UnsupportedModelException(file.file() + ": byte 4: is a legacy GGML file of version "
                + Integer.toUnsignedString(version) + "; supported: ggml, ggmf 1, ggjt 1 to 3");
    }

    private static int positive(ByteCursor in, String name, int max) {
        int value = in.i32(name);
        if (value < 1 || value > max) {
            throw in.error(4, name + " is " + Integer.toUnsignedString(value) + ", expected 1 to " + max
                    + "; this is not a Llama model or it is corrupt");
        }
        return value;
    }

    private static TensorInfo tensor(MappedFile file, ByteCursor in, Container container) {
        int dims = in.i32("description of a tensor");
        if (dims < 1 || dims > MAX_DIMS) {
            throw in.error(4, "a tensor has " + Integer.toUnsignedString(dims)
                    + " dimensions, expected 1 or 2; the file is corrupt");
        }
        int nameLength = in.i32("description of a tensor");
        if (nameLength < 1 || nameLength > MAX_NAME) {
            throw in.error(4, "the name of a tensor has " + Integer.toUnsignedString(nameLength)
                    + " bytes, expected 1 to " + MAX_NAME + "; the file is corrupt");
        }
        int typeId = in.i32("description of a tensor");
        long[] shape = new long[dims];
        for (int d = dims - 1; d >= 0; d--) {
            shape[d] = in.i32("description of a tensor");
            if (shape[d] < 1) {
                throw in.error(4, "a dimension of a tensor is " + shape[d] + "; the file is corrupt");
            }
        }
        String name = in.text(nameLength, "name of a tensor");
        GgmlType type = GgmlType.of(typeId);
        BlockScheme scheme = type == null ? null : container.scheme(type);
        if (scheme == null) {
            throw new UnsupportedModelException(file.file() + ": byte " + in.position() + ": tensor " + name
                    + " has the type number " + Integer.toUnsignedString(typeId)
                    + ", which is not supported in a " + container
                    + " file; supported: F32, F16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, and K types in ggjt v3");
        }
        long inner = shape[dims - 1];
        if (inner % scheme.blockLength() != 0) {
            throw new ModelFormatException(file.file(), "tensor " + name, "has rows of " + inner + " elements, which "
                    + scheme + " can only store in multiples of " + scheme.blockLength());
        }
        if (container.aligned()) {
            in.skip(Math.ceilDiv(in.position(), ALIGNMENT) * ALIGNMENT - in.position(), "padding before " + name);
        }
        // cannot overflow unseen: both dimensions are below 2^31 and a value takes at most 4 bytes, which leaves the
        // sign bit for the check of skip
        long size = inner / scheme.blockLength() * (dims == 2 ? shape[0] : 1) * scheme.blockBytes();
        long offset = in.position();
        in.skip(size, "the data of tensor " + name);
        return new TensorInfo(name, scheme.name(), shape, file.file(), offset, size);
    }
}
