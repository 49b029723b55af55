package org.djlquant.tokenizer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.djlquant.format.ModelFormatException;
import org.djlquant.tokenizer.SentencePieceVocabulary.Normalization;

/**
 * Reads a SentencePiece {@code tokenizer.model}: a protocol-buffer message whose field numbers are those
 * of SentencePiece's sentencepiece_model.proto. Only pieces (1), trainer_spec (2) and normalizer_spec (3)
 * matter here.
 */
final class SentencePieceModel {
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int LENGTH = 2;
    private static final int FIXED32 = 5;
    private static final int MODEL_UNIGRAM = 1;
    private static final int MODEL_BPE = 2;

    private final Path file;
    private final List<String> pieces = new ArrayList<>();
    private float[] scores = new float[1 << 15];
    private int[] types = new int[1 << 15];
    private int modelType = MODEL_UNIGRAM;
    private boolean spacePrefix = true;
    private boolean removeExtraSpaces = true;
    private byte[] charsMap = {};

    private SentencePieceModel(Path file) {
        this.file = file;
    }

    /**
     * Parses a model.
     *
     * @throws ModelFormatException if the bytes are no SentencePiece model of kind unigram or BPE
     */
    static SentencePieceVocabulary read(Path file, byte[] bytes) {
        SentencePieceModel model = new SentencePieceModel(file);
        model.fields(ByteBuffer.wrap(bytes), model::modelField);
        int n = model.pieces.size();
        if (n == 0) {
            throw model.broken(0, "no pieces found; a SentencePiece model is needed (tiktoken files are not supported)");
        }
        if (model.modelType != MODEL_UNIGRAM && model.modelType != MODEL_BPE) {
            throw new ModelFormatException(
                    file, "trainer_spec.model_type", "expected 1 (unigram) or 2 (bpe), found " + model.modelType);
        }
        return new SentencePieceVocabulary(
                file,
                model.pieces,
                Arrays.copyOf(model.scores, n),
                Arrays.copyOf(model.types, n),
                model.modelType == MODEL_UNIGRAM,
                new Normalization(model.spacePrefix, model.removeExtraSpaces, model.charsMap));
    }

    /** Receives a field: the number for VARINT and FIXED32 (as bits), the bytes for LENGTH. */
    private interface FieldReader {
        void field(int number, long value, ByteBuffer bytes);
    }

    private void modelField(int number, long value, ByteBuffer bytes) {
        if (bytes == null) {
            return;
        }
        switch (number) {
            case 1 -> piece(bytes);
            case 2 -> fields(bytes, (n, v, b) -> modelType = n == 3 ? (int) v : modelType);
            case 3 -> fields(bytes, this::normalizerField);
            default -> {}
        }
    }

    private void piece(ByteBuffer message) {
        int id = pieces.size();
        if (id == types.length) {
            scores = Arrays.copyOf(scores, 2 * id);
            types = Arrays.copyOf(types, 2 * id);
        }
        types[id] = SentencePieceVocabulary.NORMAL;
        pieces.add("");
        fields(message, (number, value, bytes) -> {
            switch (number) {
                case 1 -> pieces.set(id, bytes == null ? "" : StandardCharsets.UTF_8.decode(bytes).toString());
                case 2 -> scores[id] = Float.intBitsToFloat((int) value);
                case 3 -> types[id] = (int) value;
                default -> {}
            }
        });
    }

    private void normalizerField(int number, long value, ByteBuffer bytes) {
        switch (number) {
            case 2 -> {
                charsMap = new byte[bytes == null ? 0 : bytes.remaining()];
                if (bytes != null) {
                    bytes.get(charsMap);
                }
            }
            case 3 -> spacePrefix = value != 0;
            case 4 -> removeExtraSpaces = value != 0;
            default -> {}
        }
    }

    private void fields(ByteBuffer in, FieldReader reader) {
        in.order(ByteOrder.LITTLE_ENDIAN);
        while (in.hasRemaining()) {
            int at = in.position();
            long key = varint(in);
            int number = (int) (key >>> 3);
            switch ((int) (key & 7)) {
                case VARINT -> reader.field(number, varint(in), null);
                case FIXED32 -> {
                    need(in, 4);
                    reader.field(number, in.getInt(), null);
                }
                case FIXED64 -> {
                    need(in, 8);
                    reader.field(number, in.getLong(), null);
                }
                case LENGTH -> {
                    long length = varint(in);
                    need(in, length);
                    ByteBuffer part = in.slice(in.position(), (int) length);
                    in.position(in.position() + (int) length);
                    reader.field(number, 0, part);
                }
                default -> throw broken(at, "wire type " + (key & 7) + " does not exist in a SentencePiece model");
            }
        }
    }

    private long varint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            need(in, 1);
            byte b = in.get();
            value |= (long) (b & 0x7F) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw broken(in.position(), "a number of more than 10 bytes");
    }

    private void need(ByteBuffer in, long bytes) {
        if (bytes < 0 || bytes > in.remaining()) {
            throw broken(in.position(), "expected " + bytes + " more bytes, found " + in.remaining());
        }
    }

    private ModelFormatException broken(int offset, String problem) {
        return new ModelFormatException(file, "offset " + offset, "not a SentencePiece model: " + problem);
    }
}
