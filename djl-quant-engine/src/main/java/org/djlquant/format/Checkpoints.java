package org.djlquant.format;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.djlquant.format.ggml.GgmlOptions;
import org.djlquant.format.ggml.GgmlReader;
import org.djlquant.format.gguf.GgufCheckpoint;
import org.djlquant.format.safetensors.HuggingFaceCheckpoint;

/** Opens checkpoints: files are told apart by their first bytes, folders by what they hold. */
public final class Checkpoints {
    private static final int HEAD_BYTES = 256;

    private Checkpoints() {}

    /** Like {@link #open(Path, GgmlOptions)}, with what was common for legacy GGML files. */
    public static Checkpoint open(Path path) {
        return open(path, GgmlOptions.DEFAULT);
    }

    /**
     * Opens a GGUF file (any one of a split model), a safetensors file, a Hugging Face folder, a
     * folder with one GGUF model, or a legacy GGML file of a Llama model.
     *
     * @param legacy hyper-parameters that legacy GGML files lack
     * @throws ModelFormatException if it is not a model file, or is corrupt, truncated or incomplete
     * @throws UnsupportedModelException if it is a model in a format that is not supported
     */
    public static Checkpoint open(Path path, GgmlOptions legacy) {
        if (!Files.exists(path)) {
            throw new ModelFormatException(path, "file", "does not exist");
        }
        return Files.isDirectory(path) ? openFolder(path) : openFile(path, legacy);
    }

    /** Whether a file is a legacy GGML file, which needs {@link GgmlOptions}. */
    public static boolean isLegacyGgml(Path file) {
        return Files.isRegularFile(file) && isLegacyGgml(head(file));
    }

    private static boolean isLegacyGgml(byte[] head) {
        // the magic of each is a word whose letters show in reverse
        return startsWith(head, "lmgg") || startsWith(head, "fmgg") || startsWith(head, "tjgg");
    }

    private static Checkpoint openFile(Path file, GgmlOptions legacy) {
        if (!Files.isRegularFile(file)) {
            throw new ModelFormatException(file, "file", "is neither a regular file nor a folder");
        }
        byte[] head = head(file);
        if (head.length == 0) {
            throw new ModelFormatException(file, "file", "is empty; download or copy it again");
        }
        if (startsWith(head, "GGUF")) {
            return GgufCheckpoint.open(file);
        }
        if (isLegacyGgml(head)) {
            return GgmlReader.open(file, legacy);
        }
        if (looksLikeSafetensors(head)) {
            return HuggingFaceCheckpoint.openFile(file);
        }
        refuseOther(file, head);
        if (file.getFileName().toString().endsWith(".safetensors")) {
            return HuggingFaceCheckpoint.openFile(file);
        }
        throw new ModelFormatException(
                file,
                "byte 0",
                "is not a model file: begins with the bytes "
                        + HexFormat.ofDelimiter(" ").formatHex(head, 0, Math.min(8, head.length))
                        + ", expected GGUF, safetensors or GGML");
    }

    /** A sane header length and the start of JSON: the first byte alone may be that of any other format. */
    private static boolean looksLikeSafetensors(byte[] head) {
        return head.length > 8
                && head[8] == '{'
                && ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN).getLong() >>> 32 == 0;
    }

    private static Checkpoint openFolder(Path folder) {
        List<Path> models = ggufModels(folder);
        // repositories of GGUF files often carry the config.json of the model they were made from
        if (Files.exists(folder.resolve("config.json")) && (models.isEmpty() || holdsSafetensors(folder))) {
            return HuggingFaceCheckpoint.openFolder(folder);
        }
        if (models.size() == 1) {
            return GgufCheckpoint.open(models.getFirst());
        }
        if (models.size() > 1) {
            throw new ModelFormatException(
                    folder,
                    "folder",
                    "holds " + models.size() + " GGUF models; give the path of one: "
                            + String.join(", ", models.stream().limit(10).map(m -> m.getFileName().toString()).toList()));
        }
        if (Files.exists(folder.resolve("adapter_config.json"))) {
            throw new UnsupportedModelException(
                    folder + ": holds a LoRA adapter, not a model; open the folder of its base model");
        }
        throw new ModelFormatException(
                folder, "folder", "is not a model: holds neither config.json nor a .gguf file");
    }

    private static boolean holdsSafetensors(Path folder) {
        return !filesEndingWith(folder, ".safetensors").isEmpty();
    }

    /** The GGUF files of a folder, only the first of each split model. */
    private static List<Path> ggufModels(Path folder) {
        return filesEndingWith(folder, ".gguf").stream()
                .filter(f -> !f.getFileName().toString().matches(".*-\\d{5}-of-\\d{5}\\.gguf")
                        || f.getFileName().toString().contains("-00001-of-"))
                .toList();
    }

    private static List<Path> filesEndingWith(Path folder, String suffix) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(f -> f.getFileName().toString().endsWith(suffix)).sorted().toList();
        } catch (IOException e) {
            throw new ModelFormatException(folder, "folder", "cannot be read: " + e.getMessage(), e);
        }
    }

    /** Refuses what is often found in place of a model, each with its own advice. */
    private static void refuseOther(Path file, byte[] head) {
        String text = new String(head, StandardCharsets.ISO_8859_1).strip().toLowerCase(Locale.ROOT);
        if (text.startsWith("<!doctype html") || text.startsWith("<html") || text.startsWith("<?xml")) {
            throw new ModelFormatException(
                    file,
                    "byte 0",
                    "is an HTML page, the download went wrong: a log-in or error page was saved instead of the model;"
                            + " download it again");
        }
        if (text.startsWith("version https://git-lfs")) {
            throw new ModelFormatException(
                    file, "byte 0", "is a Git LFS pointer, not the model itself; run: git lfs pull");
        }
        if (text.startsWith("{")) {
            throw new ModelFormatException(
                    file, "byte 0", "is a JSON text, not a model; give the path of the weights or of their folder");
        }
        if (startsWith(head, "algg")) {
            throw new UnsupportedModelException(file + ": byte 0: is a LoRA adapter for legacy GGML files, not a model");
        }
        if (startsWith(head, "PK\u0003\u0004") || head.length > 1 && (head[0] & 0xff) == 0x80 && head[1] <= 5) {
            throw new UnsupportedModelException(
                    file + ": byte 0: is a ZIP or pickle file as PyTorch writes it, which is not read because it can"
                            + " run code; save the model as safetensors");
        }
    }

    private static byte[] head(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return in.readNBytes(HEAD_BYTES);
        } catch (IOException e) {
            throw new ModelFormatException(file, "file", "cannot be read: " + e.getMessage(), e);
        }
    }

    private static boolean startsWith(byte[] head, String magic) {
        byte[] bytes = magic.getBytes(StandardCharsets.ISO_8859_1);
        return head.length >= bytes.length && Arrays.equals(head, 0, bytes.length, bytes, 0, bytes.length);
    }
}
