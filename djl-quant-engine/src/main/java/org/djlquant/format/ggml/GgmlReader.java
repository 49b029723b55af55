package org.djlquant.format.ggml;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.djlquant.format.ModelFormatException;
import org.djlquant.format.StoredTensors;
import org.djlquant.format.TensorInfo;
import org.djlquant.format.UnsupportedModelException;
import org.djlquant.format.Utf8;
import org.djlquant.format.gguf.GgufCheckpoint;
import org.djlquant.format.gguf.GgufValue;

/**
 * Opens Llama files from before GGUF ({@code ggml}, {@code ggmf}, {@code ggjt}) in terms of GGUF: same
 * names of tensors, same metadata keys, so that nothing above knows the difference. Queries and keys
 * have the same order in both.
 */
public final class GgmlReader {
    private static final Pattern LAYER = Pattern.compile("layers\\.(\\d{1,5})\\.(.+)");
    private static final Map<String, String> NAMES = Map.of(
            "tok_embeddings.weight", "token_embd.weight", "norm.weight", "output_norm.weight");
    private static final Map<String, String> LAYER_NAMES = Map.of(
            "attention.wq.weight", "attn_q.weight",
            "attention.wk.weight", "attn_k.weight",
            "attention.wv.weight", "attn_v.weight",
            "attention.wo.weight", "attn_output.weight",
            "attention_norm.weight", "attn_norm.weight",
            "feed_forward.w1.weight", "ffn_gate.weight",
            "feed_forward.w2.weight", "ffn_down.weight",
            "feed_forward.w3.weight", "ffn_up.weight",
            "ffn_norm.weight", "ffn_norm.weight");

    private static final int FIRST_BYTE_TOKEN = 3;
    private static final int NORMAL = 1;
    private static final int UNKNOWN = 2;
    private static final int CONTROL = 3;
    private static final int BYTE = 6;

    private GgmlReader() {}

    /**
     * Opens a file.
     *
     * @param options what the file does not store
     * @throws ModelFormatException if it is corrupt, truncated or no Llama model
     * @throws UnsupportedModelException for versions, tensor types and split models that are not supported
     */
    public static GgufCheckpoint open(Path file, GgmlOptions options) {
        StoredTensors tensors = new StoredTensors(file);
        try {
            GgmlFile content = GgmlFile.read(tensors.map(file));
            for (TensorInfo t : content.tensors()) {
                tensors.add(new TensorInfo(ggufName(t.name()), t.type(), t.shape(), t.file(), t.offset(), t.byteSize()));
            }
            Map<String, GgufValue> values = new LinkedHashMap<>();
            putHyper(file, content.hyper(), tensors, options, values);
            putVocabulary(file, content.vocabulary(), values);
            return GgufCheckpoint.of(
                    file, "legacy GGML, " + content.container() + " (bytes 0 to 7)", tensors, values);
        } catch (RuntimeException e) {
            tensors.close();
            throw e;
        }
    }

    private static String ggufName(String name) {
        Matcher layer = LAYER.matcher(name);
        if (layer.matches() && LAYER_NAMES.containsKey(layer.group(2))) {
            return "blk." + layer.group(1) + "." + LAYER_NAMES.get(layer.group(2));
        }
        return NAMES.getOrDefault(name, name);
    }

    private static void putHyper(
            Path file, GgmlFile.Hyper hyper, StoredTensors tensors, GgmlOptions options, Map<String, GgufValue> values) {
        long[] embedding = tensors.require("token_embd.weight").shape();
        if (embedding.length == 2 && embedding[1] < hyper.embedding() && hyper.embedding() % embedding[1] == 0) {
            throw new UnsupportedModelException(file + ": is one of " + hyper.embedding() / embedding[1]
                    + " files of a split model, which is not supported; convert the original model to GGUF");
        }
        int kvHeads = hyper.heads();
        long[] keys = tensors.require("blk.0.attn_k.weight").shape();
        if (keys.length == 2 && hyper.embedding() % hyper.heads() == 0) {
            long heads = keys[0] / (hyper.embedding() / hyper.heads());
            // a contradiction is left to the check of every shape when the model is built
            kvHeads = heads > 0 && heads < kvHeads ? (int) heads : kvHeads;
        }
        long[] gate = tensors.require("blk.0.ffn_gate.weight").shape();
        values.put("general.architecture", GgufValue.of("llama"));
        values.put("general.name", GgufValue.of(file.getFileName().toString()));
        values.put("llama.context_length", GgufValue.uint32(options.contextLength()));
        values.put("llama.embedding_length", GgufValue.uint32(hyper.embedding()));
        values.put("llama.block_count", GgufValue.uint32(hyper.layers()));
        values.put("llama.feed_forward_length", GgufValue.uint32(gate[0]));
        values.put("llama.rope.dimension_count", GgufValue.uint32(hyper.rotary()));
        values.put("llama.rope.freq_base", GgufValue.of((float) options.ropeFreqBase()));
        values.put("llama.attention.head_count", GgufValue.uint32(hyper.heads()));
        values.put("llama.attention.head_count_kv", GgufValue.uint32(kvHeads));
        values.put("llama.attention.layer_norm_rms_epsilon", GgufValue.of((float) options.rmsNormEps()));
    }

    /** Pieces were written with plain spaces and bytes; GGUF, like SentencePiece, has ▁ and {@code <0x0A>}. */
    private static void putVocabulary(Path file, List<GgmlFile.Token> vocabulary, Map<String, GgufValue> values) {
        List<String> tokens = new ArrayList<>();
        float[] scores = new float[vocabulary.size()];
        int[] types = new int[vocabulary.size()];
        for (int id = 0; id < types.length; id++) {
            GgmlFile.Token token = vocabulary.get(id);
            byte[] text = token.text();
            scores[id] = token.score();
            types[id] = id == 0 ? UNKNOWN : id < FIRST_BYTE_TOKEN || text.length == 0 ? CONTROL : NORMAL;
            if (id < FIRST_BYTE_TOKEN) {
                tokens.add(List.of("<unk>", "<s>", "</s>").get(id));
            } else if (text.length == 1 && id < FIRST_BYTE_TOKEN + 256) {
                types[id] = BYTE;
                tokens.add(String.format("<0x%02X>", text[0]));
            } else {
                String piece = Utf8.decode(file, token.offset(), text, 0, text.length, "token " + id);
                tokens.add(piece.replace(' ', '▁'));
            }
        }
        values.put("tokenizer.ggml.model", GgufValue.of("llama"));
        values.put("tokenizer.ggml.tokens", GgufValue.of(tokens));
        values.put("tokenizer.ggml.scores", GgufValue.of(scores));
        values.put("tokenizer.ggml.token_type", GgufValue.of(types));
        values.put("tokenizer.ggml.bos_token_id", GgufValue.uint32(1));
        values.put("tokenizer.ggml.eos_token_id", GgufValue.uint32(2));
        values.put("tokenizer.ggml.unknown_token_id", GgufValue.uint32(0));
    }
}
